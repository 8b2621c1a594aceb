import Database from "better-sqlite3";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isUncertainCommit } from "./database.ts";
import { type Journal, openJournal } from "./journal.ts";
import { withdrawLastCommit } from "./withdraw-commit.ts";

let folder: string;
let path: string;
let journal: Journal;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "submeter-withdraw-"));
  path = join(folder, "journal.sqlite");
  openJournal(path).close();
  journal = openJournal(path);
});
afterEach(() => {
  journal.close();
  rmSync(folder, { recursive: true });
});

const put = (name: string, value: string) => {
  journal.write(() => {
    journal.knowledge.set(name, value);
  });
};

/** What a start finds that takes over the files as they lie there now. */
function found(): (string | null)[] {
  const left = `${folder}-left`;
  cpSync(folder, left, { recursive: true });
  const reopened = openJournal(join(left, "journal.sqlite"));
  const values = ["a", "b"].map((name) => reopened.knowledge.get<string>(name));
  reopened.close();
  rmSync(left, { recursive: true });
  return values;
}

describe("a commit whose fsync failed", () => {
  it("is found by the next start as long as its frames lie in the log", () => {
    put("a", "1");
    put("b", "1");
    expect(found()).toEqual(["1", "1"]);
  });

  it("is taken out of the log, and it alone", () => {
    put("a", "1");
    put("b", "1".repeat(20_000));
    withdrawLastCommit(path);
    expect(found()).toEqual(["1", null]);
    withdrawLastCommit(path);
    expect(found()).toEqual([null, null]);
    withdrawLastCommit(path);
    expect(found()).toEqual([null, null]);
  });

  it.each([
    { code: "SQLITE_IOERR_FSYNC", uncertain: true },
    // What was not written whole is no transaction to SQLite either: the last one is another, and acknowledged.
    { code: "SQLITE_IOERR_WRITE", uncertain: false },
    { code: "SQLITE_FULL", uncertain: false },
  ])("is the only kind that is taken out: $code", ({ code, uncertain }) => {
    expect(isUncertainCommit(new Database.SqliteError("disk I/O error", code))).toBe(uncertain);
  });

  it("cannot be taken out of what is no log", () => {
    put("a", "1");
    journal.close();
    writeFileSync(`${path}-wal`, "no log");
    withdrawLastCommit(path);
    expect(readFileSync(`${path}-wal`, "utf8")).toBe("no log");
    rmSync(`${path}-wal`);
    expect(() => withdrawLastCommit(path)).not.toThrow();
    journal = openJournal(path);
    expect(found()).toEqual(["1", null]);
  });
});
