/** The agent's memory that survives: one SQLite file, whose tables change together or not at all. */

import { archiveTable } from "./archive-table.ts";
import { countsTable } from "./counts-table.ts";
import { coverageTables } from "./coverage-tables.ts";
import { type Database, isUncertainCommit, openDatabase, storageFault } from "./database.ts";
import { eventIdsTables } from "./event-ids-tables.ts";
import { journalsTable } from "./journals-table.ts";
import { knowledgeTable } from "./knowledge-table.ts";
import { metersTable } from "./meters-table.ts";
import { pruningTable } from "./pruning-table.ts";
import { outboxView } from "./outbox-view.ts";
import { reportsTable } from "./reports-table.ts";
import { shutdownsTable } from "./shutdowns-table.ts";
import { streamsTable } from "./streams-table.ts";
import { withdrawLastCommit } from "./withdraw-commit.ts";

export type Journal = {
  readonly path: string;
  readonly archive: ReturnType<typeof archiveTable>;
  readonly counts: ReturnType<typeof countsTable>;
  readonly coverage: ReturnType<typeof coverageTables>;
  readonly eventIds: ReturnType<typeof eventIdsTables>;
  readonly journals: ReturnType<typeof journalsTable>;
  readonly knowledge: ReturnType<typeof knowledgeTable>;
  readonly meters: ReturnType<typeof metersTable>;
  readonly pruning: ReturnType<typeof pruningTable>;
  readonly reports: ReturnType<typeof reportsTable>;
  readonly shutdowns: ReturnType<typeof shutdownsTable>;
  readonly streams: ReturnType<typeof streamsTable>;
  readonly view: ReturnType<typeof outboxView>;
  /** Runs `work` in one transaction that is durable when this returns, or throws and has changed nothing. */
  write<Result>(work: () => Result): Result;
  close(): void;
};

/** Opens or makes the file at `path` (`:memory:` for tests). Errors: see `openDatabase`. */
export function openJournal(path: string): Journal {
  const database = openDatabase(path);
  const eventIds = eventIdsTables(database);
  const begin = database.prepare("begin immediate");
  const commit = database.prepare("commit");
  return {
    path,
    archive: archiveTable(database),
    counts: countsTable(database),
    coverage: coverageTables(database),
    eventIds,
    journals: journalsTable(database),
    knowledge: knowledgeTable(database),
    meters: metersTable(database),
    pruning: pruningTable(database),
    reports: reportsTable(database),
    shutdowns: shutdownsTable(database),
    streams: streamsTable(database),
    view: outboxView(database),
    write(work) {
      begin.run();
      try {
        const result = work();
        commit.run();
        return result;
      } catch (error) {
        eventIds.forget();
        rollBack(database);
        if (isUncertainCommit(error)) withdrawLastCommit(path);
        if (storageFault(error) === "full") emptyLog(database);
        throw error;
      }
    },
    close() {
      database.close();
    },
  };
}

/** What the log holds already goes into the file, where it mostly has its place, and the log's own room is free again. */
function emptyLog(database: Database): void {
  try {
    database.pragma("wal_checkpoint(truncate)");
  } catch {
    // There is no room for that either.
  }
}

/** After some errors SQLite has rolled back already; and why the work failed says more than why this did. */
function rollBack(database: Database): void {
  try {
    if (database.inTransaction) database.exec("rollback");
  } catch {
    // The next write fails too, and is told.
  }
}
