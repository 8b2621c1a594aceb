/** Opens the journal's SQLite file so that what is committed survives power loss, and names what can go wrong. */

import { closeSync, openSync } from "node:fs";
import Database from "better-sqlite3";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { schemaSteps } from "./schema.ts";

export type { Database } from "better-sqlite3";

/** It holds the journal's private key. SQLite gives its companion files the same mode. */
const ownerOnly = 0o600;
/** SQLite's `synchronous`: 2 is FULL. */
const synchronousFull = 2;
/** 16 MB: so large the file beside the journal becomes. */
const checkpointPages = 4000;

/**
 * Opens (or makes) the file, alone: a second process is refused.
 * Throws `journal_in_use`, `journal_newer`, `journal_not_durable`, `journal_unreadable`.
 */
export function openDatabase(path: string): Database.Database {
  let database: Database.Database | undefined;
  try {
    if (path !== ":memory:") closeSync(openSync(path, "a", ownerOnly));
    // Another agent will not go away by waiting for it.
    database = new Database(path, { timeout: 0 });
    database.pragma("locking_mode = exclusive");
    database.pragma("journal_mode = wal");
    migrate(database);
    // A WAL database re-opens with synchronous = NORMAL, which loses the last commits at a power cut.
    database.pragma("synchronous = full");
    // Fewer, larger checkpoints: each costs two more waits for the disk than a commit.
    database.pragma(`wal_autocheckpoint = ${checkpointPages}`);
    assertDurable(database);
    return database;
  } catch (error) {
    database?.close();
    throw journalError(path, error);
  }
}

/** Reads back what was asked for: an acknowledged event depends on it. */
export function assertDurable(database: Database.Database): void {
  const synchronous: unknown = database.pragma("synchronous", { simple: true });
  if (synchronous === synchronousFull) return;
  throw new SubmeterError(
    "journal_not_durable",
    `SQLite runs with synchronous = ${String(synchronous)}, not FULL`,
    "report this with the agent's version: it must not count like this",
  );
}

/** As it was built in. */
export function sqliteVersion(): string {
  const database = new Database(":memory:");
  try {
    return String(database.prepare("select sqlite_version()").pluck().get());
  } finally {
    database.close();
  }
}

/** Brings a file forward to this agent's version, in one transaction. Throws `journal_newer`. */
export function migrate(database: Database.Database): void {
  const version = Number(database.pragma("user_version", { simple: true }));
  if (version > schemaSteps.length) {
    throw new SubmeterError(
      "journal_newer",
      `the journal was written by a newer agent (its version ${version}, ours ${schemaSteps.length})`,
      "start the newer agent again; a journal is never taken backwards",
    );
  }
  // A full disk is no reason not to start: what is sealed can still be delivered.
  if (version === schemaSteps.length) return;
  database
    .transaction(() => {
      for (const step of schemaSteps.slice(version)) {
        if (typeof step === "string") database.exec(step);
        else step(database);
      }
      database.pragma(`user_version = ${schemaSteps.length}`);
    })
    .immediate();
}

/** `full`: no room, may pass. `broken`: the file or the disk can no longer be trusted. `other`: a fault of the program. */
export type StorageFault = "full" | "broken" | "other";

export function storageFault(error: unknown): StorageFault {
  if (!(error instanceof Database.SqliteError)) return "other";
  if (error.code === "SQLITE_FULL") return "full";
  return /^SQLITE_(IOERR|CORRUPT|NOTADB|CANTOPEN|READONLY|PROTOCOL)/.test(error.code)
    ? "broken"
    : "other";
}

/** The transaction is written whole, and only whether the disk keeps it is unknown. */
export function isUncertainCommit(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === "SQLITE_IOERR_FSYNC";
}

/** What SQLite says while the agent starts, in words for the person who reads it; other errors stay as they are. */
export function journalError(path: string, error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (error.code.startsWith("SQLITE_BUSY")) {
    return new SubmeterError(
      "journal_in_use",
      `another process holds ${path}`,
      "stop the other agent, or give this one a state directory of its own (SUBMETER_AGENT_STATE)",
      { cause: error },
    );
  }
  return new SubmeterError(
    "journal_unreadable",
    `${path} cannot be opened as a journal (${error.code})`,
    "check the disk and the file's owner; keep the file, it may hold usage that was never sent",
    { cause: error },
  );
}
