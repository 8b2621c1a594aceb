import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { assertDurable, openDatabase } from "./database.ts";
import { openJournal } from "./journal.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "submeter-journal-"));
  path = join(folder, "journal.sqlite");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("the journal's file", () => {
  it("is opened with synchronous = FULL, also the second time and after a write", () => {
    openDatabase(path).close();
    const database = openDatabase(path);
    database.exec("insert into coverage values (1, 2)");
    expect(database.pragma("synchronous", { simple: true })).toBe(2);
    expect(database.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(() => assertDurable(database)).not.toThrow();
    database.close();
  });

  it("is not used when SQLite would not make commits durable", () => {
    const database = new Database(path);
    database.pragma("synchronous = normal");
    expect(() => assertDurable(database)).toThrow(
      expect.objectContaining({ code: "journal_not_durable" }),
    );
    database.close();
  });

  it("belongs to one process, and to its owner alone", () => {
    const journal = openJournal(path);
    expect(() => openJournal(path)).toThrow(expect.objectContaining({ code: "journal_in_use" }));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    journal.close();
  });

  it("is refused when it is none, and left as it was", () => {
    writeFileSync(path, "x".repeat(5000));
    expect(() => openJournal(path)).toThrow(
      expect.objectContaining({ code: "journal_unreadable" }),
    );
    expect(statSync(path).size).toBe(5000);
  });

  it("is not taken backwards by an older agent", () => {
    const database = openDatabase(path);
    database.pragma("user_version = 99");
    database.close();
    expect(() => openJournal(path)).toThrow(expect.objectContaining({ code: "journal_newer" }));
  });

  it("remembers the windows of every journal that is replaced, until one replaces none", () => {
    const journal = openJournal(path);
    const { journals } = journal;
    const add = (name: string, replaced: string | null, windows: number[]) => {
      const replaces =
        replaced === null
          ? null
          : { journal: replaced, sequence: null, digest: null, reason: "fork" as const };
      journals.add({ journal: name, replaces, seed: new Uint8Array(32), madeAt: 0 }, windows);
      return [...journals.replacedWindows()].toSorted((a, b) => a - b);
    };
    expect(add("first", null, [])).toEqual([]);
    expect(add("second", "first", [1])).toEqual([1]);
    expect(add("third", "second", [2])).toEqual([1, 2]);
    expect(add("fourth", null, [])).toEqual([]);
    journal.close();
  });

  it("changes not at all when one of its writes fails", () => {
    const journal = openJournal(path);
    const line = { meter: "m", window: 0, dimensions: "{}" };
    expect(() =>
      journal.write(() => {
        journal.counts.put([journal.counts.add(line), "1"]);
        journal.eventIds.create(1);
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(journal.counts.all()).toEqual([]);
    expect(journal.eventIds.hours()).toEqual([]);
    journal.close();
  });
});
