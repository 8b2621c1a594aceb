/** Which of the files that were set aside is the newest: what is left of its log belongs to it alone. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { finishMove, keptAside, replaceFile, unfinishedOf } from "./set-aside.ts";

function folderWith(...names: string[]): { journal: string; at: (name: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), "submeter-aside-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);
  for (const name of names) writeFileSync(at(name), name);
  return { journal: at("journal.sqlite"), at };
}

it("files that were set aside are listed in the order in which they were", () => {
  const { journal } = folderWith(
    "journal.sqlite.corrupt-10",
    "journal.sqlite.lost-2",
    "journal.sqlite.corrupt-9",
    "journal.sqlite.corrupt-9-wal",
  );
  expect(keptAside(journal)).toEqual([
    "journal.sqlite.lost-2",
    "journal.sqlite.corrupt-9",
    "journal.sqlite.corrupt-10",
  ]);
});

it.each([
  { given: "the tenth", before: ["corrupt-9"], now: "corrupt-10" },
  { given: "after one that was lost", before: ["corrupt-1", "lost-2"], now: "corrupt-3" },
  { given: "after others were moved away", before: ["corrupt-4"], now: "corrupt-5" },
  { given: "after one of which a log is left", before: ["corrupt-4-wal"], now: "corrupt-5" },
])("$given is newer than all that are there, and gets its log", ({ before, now }) => {
  const names = before.map((name) => `journal.sqlite.${name}`);
  const { journal, at } = folderWith(...names, "journal.sqlite", "journal.sqlite-wal");
  writeFileSync(unfinishedOf(journal), "the successor");
  expect(replaceFile(journal)).toBe(at(`journal.sqlite.${now}`));
  expect(readFileSync(at(`journal.sqlite.${now}`), "utf8")).toBe("journal.sqlite");
  expect(readFileSync(at(`journal.sqlite.${now}-wal`), "utf8")).toBe("journal.sqlite-wal");
  expect(readFileSync(journal, "utf8")).toBe("the successor");
  for (const name of names) expect(readFileSync(at(name), "utf8")).toBe(name);
});

it("a move that a crash ended behind its first step is finished for the newest file", () => {
  const { journal, at } = folderWith(
    "journal.sqlite.corrupt-10",
    "journal.sqlite.corrupt-9",
    "journal.sqlite-wal",
    "journal.sqlite.next",
  );
  finishMove(journal);
  expect(readFileSync(at("journal.sqlite.corrupt-10-wal"), "utf8")).toBe("journal.sqlite-wal");
  expect(existsSync(at("journal.sqlite.corrupt-9-wal"))).toBe(false);
});
