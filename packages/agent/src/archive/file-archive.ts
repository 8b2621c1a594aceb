/** Reads a journal's file that no agent holds: read-only, and on a copy where the file cannot even be opened for reading. */

import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import Database from "better-sqlite3";
import { migrate } from "../journal/database.ts";
import { archiveTable } from "../journal/archive-table.ts";
import { schemaSteps } from "../journal/schema.ts";
import type { Archive } from "./archive.ts";

/** Throws `journal_in_use`, `journal_newer`, `journal_unreadable`, `file_unreadable`. */
export function fileArchive(path: string): Archive {
  if (!existsSync(path)) {
    throw new SubmeterError(
      "file_unreadable",
      `there is no journal at ${path}`,
      "say where the agent keeps its state (--state, SUBMETER_AGENT_STATE)",
    );
  }
  const { database, close } = opened(path);
  try {
    const table = archiveTable(database);
    return {
      name: path,
      installation: table.installation(),
      pinnedKeys: table.pinnedKeys(),
      journals: table.journals(),
      async *reports(journal, sealedFrom) {
        let after = 0;
        for (;;) {
          const page = table.page(journal, after, sealedFrom);
          const last = page.at(-1);
          if (last === undefined) return;
          yield* page;
          after = last.sequence;
        }
      },
      damage: () => damageOf(database),
      close,
    };
  } catch (error) {
    close();
    throw unreadable(path, error);
  }
}

/** Reads every page, also those that hold nothing of the history: what counts next may lie in them. */
function damageOf(database: Database.Database): string | null {
  try {
    const said = String(database.pragma("quick_check(1)", { simple: true }));
    return said === "ok" ? null : (said.split("\n").at(-1) ?? said);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** Files of journals in the folder that are not the current one: set aside, or put back by somebody. */
export function otherJournals(directory: string, current: string): string[] {
  const isJournal = (name: string): boolean => /\.sqlite(\.corrupt-\d+)?$/.test(name);
  try {
    return readdirSync(directory)
      .filter((name) => isJournal(name) && name !== basename(current))
      .toSorted()
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

type Opened = { database: Database.Database; close: () => void };

/**
 * A journal of an earlier version is brought forward in a copy: the file itself belongs to the agent. A copy also serves
 * where the folder is read-only, as SQLite needs to write beside a file with a write-ahead log.
 */
function opened(path: string): Opened {
  try {
    const database = new Database(path, { readonly: true, timeout: 0 });
    try {
      const version = Number(database.pragma("user_version", { simple: true }));
      if (version === schemaSteps.length) return { database, close: () => void database.close() };
    } catch (error) {
      if (isBusy(error)) throw error;
    }
    database.close();
  } catch (error) {
    if (isBusy(error)) throw unreadable(path, error);
  }
  return copied(path);
}

function copied(path: string): Opened {
  const folder = mkdtempSync(join(tmpdir(), "submeter-verify-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, basename(path));
    copyFileSync(path, copy);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    const database = new Database(copy);
    migrate(database);
    return {
      database,
      close: () => {
        database.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw unreadable(path, error);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof SubmeterError) return error;
  if (isBusy(error)) {
    return new SubmeterError(
      "journal_in_use",
      `an agent holds ${path}, and does not answer where it was asked`,
      "say where it listens (--listen, SUBMETER_AGENT_LISTEN), or stop it first",
      { cause: error },
    );
  }
  const { code, message } = error as NodeJS.ErrnoException;
  return new SubmeterError(
    "journal_unreadable",
    `${path} cannot be read as a journal in ${dirname(path)} (${code ?? message})`,
    "check the file's owner and the disk; keep the file, it may hold usage that was never sent",
    { cause: error },
  );
}
