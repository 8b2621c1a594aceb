/**
 * A journal that cannot be read, or is gone: what is left of it goes into a new file under a new journal, which names the one
 * that it replaces; the old file is kept. Its sealed reports go on waiting under their own name, so nothing counts twice.
 */

import { rmSync } from "node:fs";
import Database from "better-sqlite3";
import { parseInstant } from "@submeter/shared/time/instant";
import type { Report } from "@submeter/shared/wire/report";
import { openDatabase } from "./database.ts";
import { type NewJournal, type Replaces, journalsTable } from "./journals-table.ts";
import { mendIds } from "./mend-ids.ts";
import { rememberedName } from "./journal-name.ts";
import { reportsTable } from "./reports-table.ts";
import { type Salvaged, salvage } from "./salvage.ts";
import { isGone, replaceFile, unfinishedOf } from "./set-aside.ts";
import { streamsTable } from "./streams-table.ts";

export type Recovery = Salvaged & {
  readonly replaces: Replaces | null;
  /** Where the old file lies now. */
  readonly keptAs: string;
};

/** Whether a file that was there before is not there any more: opening it would begin in silence. */
export function isLost(path: string): boolean {
  return path !== ":memory:" && isGone(path) && rememberedName(path) !== null;
}

/** After a failure that looked like it: reads every page of the file. */
export function isCorrupt(path: string): boolean {
  let database: Database.Database | null = null;
  try {
    database = new Database(path, { fileMustExist: true, timeout: 0 });
    database.pragma("locking_mode = exclusive");
    return database.pragma("quick_check(1)", { simple: true }) !== "ok";
  } catch (error) {
    return isCorruption(error);
  } finally {
    database?.close();
  }
}

/** What SQLite says of a file that is none, or contradicts itself; a disk that does not answer is another matter. */
export function isCorruption(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

/** The file at `path` is not open. After it a journal is there, and nobody needs to know how it came. */
export function recover(
  path: string,
  newJournal: (replaces: Replaces | null) => NewJournal,
): Recovery {
  const unfinished = unfinishedOf(path);
  for (const file of [unfinished, `${unfinished}-wal`]) rmSync(file, { force: true });
  const database = openDatabase(unfinished);
  let result: Salvaged & { replaces: Replaces | null };
  try {
    result = database
      .transaction(() => {
        const salvaged = isGone(path) ? { rows: {}, torn: [] } : salvage(path, database);
        mendIds(database);
        const replaces = addReplacing(database, { path, torn: salvaged.torn, newJournal });
        return { ...salvaged, replaces };
      })
      .immediate();
  } finally {
    // This also brings everything from its log into the file, which moves alone.
    database.close();
  }
  return { ...result, keptAs: replaceFile(path) };
}

type Replacing = {
  path: string;
  torn: readonly string[];
  newJournal: (replaces: Replaces | null) => NewJournal;
};

function addReplacing(
  database: Database.Database,
  { path, torn, newJournal }: Replacing,
): Replaces | null {
  const journals = journalsTable(database);
  addUnnamed(database);
  const old = journals.current();
  const remembered = rememberedName(path);
  // The newest row may be among those that could not be read.
  const name = torn.includes("journals")
    ? (remembered ?? old?.journal)
    : (old?.journal ?? remembered);
  // After a final report there is nothing to replace.
  const isOver = name === undefined || name === null || (old?.journal === name && old.final);
  const last = isOver ? null : reportsTable(database).lastReceipted(name);
  const replaces: Replaces | null = isOver
    ? null
    : {
        journal: name,
        sequence: last?.sequence ?? null,
        digest: last?.digest ?? null,
        reason: "corrupt",
      };
  const made = newJournal(replaces);
  journals.add(made, isOver ? [] : spokenWindows(database));
  if (torn.includes("streams") || torn.includes("the file")) {
    streamsTable(database).lose(made.madeAt);
  }
  return replaces;
}

/** Reports of a journal whose own row could not be read: they wait only under a journal that the file knows. */
function addUnnamed(database: Database.Database): void {
  database.exec(
    `insert into journals (ordinal, journal, seed, made_at, last_sequence, last_digest)
     select -row_number() over (order by min(sealed_at) desc), journal, zeroblob(32), min(sealed_at),
            max(sequence), ''
     from reports where journal not in (select journal from journals) group by journal`,
  );
}

/** Windows that the old journals have spoken of, or will when what waits is delivered. */
function spokenWindows(database: Database.Database): Set<number> {
  const bodies = database
    .prepare<[], Buffer>(`select body from reports where state <> 'superseded'`)
    .pluck();
  const windows = new Set<number>();
  for (const body of bodies.iterate()) {
    const report = JSON.parse(body.toString("utf8")) as Report;
    for (const { window } of report.usage) windows.add(parseInstant(window));
  }
  return windows;
}
