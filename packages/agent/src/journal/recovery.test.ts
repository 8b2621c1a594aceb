/** What is left of a damaged journal still tells a retry from a new event, and a replacement is whole or made anew. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { EventIds } from "../counting/event-ids.ts";
import { fact } from "../counting/counting.fixture.ts";
import { type Journal, openJournal } from "./journal.ts";
import { rememberName } from "./journal-name.ts";
import { isLost, recover } from "./recovery.ts";
import { idHash, idsPerPage } from "./remembered-id.ts";
import { finishMove } from "./set-aside.ts";

const pageBytes = 4096;
const hour = 3600;
const most = 4000;
const numbered = Array.from({ length: most }, (_, at) => `request-number-${at}`);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "submeter-recovery-"));
  path = join(folder, "journal.sqlite");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const named = (id: string) => ({ ...fact({ id }), id });

function remember(journal: Journal, eventIds: EventIds, ids: readonly string[]): string[] {
  const verdicts = journal.write(() => {
    const at = eventIds.begin(hour);
    const all = ids.map((id) => {
      const verdict = eventIds.judge(named(id));
      if (verdict === "new") eventIds.remember(named(id));
      return verdict;
    });
    eventIds.end(at);
    return all;
  });
  eventIds.committed(hour / 3600, 0);
  return verdicts;
}

function lived(): void {
  const journal = openJournal(path);
  remember(journal, new EventIds(journal.eventIds, 0), numbered);
  journal.close();
}

function damage(at: (bytes: Buffer) => number): void {
  const bytes = readFileSync(path);
  const page = at(bytes);
  bytes.fill(0xff, page * pageBytes, (page + 1) * pageBytes);
  writeFileSync(path, bytes);
}

function rootOf(table: string): number {
  const database = new Database(path);
  const root = database
    .prepare<[string], number>(`select rootpage from sqlite_master where name = ?`)
    .pluck()
    .get(table);
  database.close();
  return (root ?? 0) - 1;
}

/** Where the row of a page of ids begins; most of it lies in pages behind. */
function leafOf(bytes: Buffer): number {
  const hashes = Uint32Array.from(numbered.slice(2048, 2052), (id) => idHash(named(id)));
  return Math.floor(bytes.indexOf(new Uint8Array(hashes.buffer)) / pageBytes);
}

const textOf = (bytes: Buffer) => Math.floor(bytes.indexOf("request-number-2050") / pageBytes);

it.each([
  { given: "where pages of ids begin", at: leafOf, lost: 9 * idsPerPage },
  { given: "inside of a page of ids", at: textOf, lost: idsPerPage / 2 },
  { given: "where all of an hour begin", at: () => rootOf("id_pages_1"), lost: most },
  { given: "in the list of hours", at: () => rootOf("id_hours"), lost: 0 },
])("what is left of the ids is remembered when the damage lies $given", ({ at, lost }) => {
  lived();
  damage(at);
  recover(path, (replaces) => ({ journal: "j", seed: new Uint8Array(32), replaces, madeAt: 0 }));
  const journal = openJournal(path);
  const eventIds = new EventIds(journal.eventIds, 0);
  expect(remember(journal, eventIds, ["after"])).toEqual(["new"]);
  const again = new EventIds(journal.eventIds, 0);
  const known = numbered.filter((id) => again.judge(named(id)) === "duplicate");
  expect(known.length).toBeGreaterThanOrEqual(most - lost);
  expect(remember(journal, again, ["after"])).toEqual(["duplicate"]);
  journal.close();
});

it("a replacement that a crash ended is made anew, also where there is no old file", () => {
  const name = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
  rememberName(path, name);
  expect(() =>
    recover(path, () => {
      throw new RangeError("the crash");
    }),
  ).toThrow("the crash");
  finishMove(path);
  expect(isLost(path)).toBe(true);
  recover(path, (replaces) => ({ journal: "j", seed: new Uint8Array(32), replaces, madeAt: 0 }));
  const journal = openJournal(path);
  expect(journal.journals.current()?.replaces?.journal).toBe(name);
  journal.close();
});

it("a counter whose last reading was lost in the damage is no new one, which would count whole", () => {
  const old = openJournal(path);
  old.write(() => {
    old.journals.add({ journal: "o", seed: new Uint8Array(32), replaces: null, madeAt: 10 }, []);
    old.streams.put({ stream: "s", at: "0", value: "7" }, 20);
    old.streams.put({ stream: "page p", at: "0", value: "0" }, 20);
    old.knowledge.set("installation", "acme");
  });
  old.close();
  damage(() => rootOf("streams"));
  recover(path, (replaces) => ({ journal: "j", seed: new Uint8Array(32), replaces, madeAt: 30 }));
  const journal = openJournal(path);
  expect(journal.streams.count()).toBe(0);
  expect(journal.streams.seenAt("page p")).toBeUndefined();
  expect(journal.knowledge.get("installation")).toBe("acme");
  expect(journal.streams.inSightSince()).toBe(30);
  journal.close();
});
