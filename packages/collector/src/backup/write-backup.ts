/** Writes a backup: every table by COPY, as of one instant, through one connection, with memory that does not grow. */

import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { to as copyTo } from "pg-copy-streams";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import { renameDurably } from "../durable-file.ts";
import { type OpenConnection, withConnection } from "../store/connection.ts";
import type { Queryable } from "../store/database.ts";
import { knownCollector } from "../store/identity.ts";
import {
  backupFormat,
  type BackupHeader,
  type BackupTable,
  copyColumns,
  endOfRows,
  lineOf,
  quoted,
} from "./format.ts";
import { appliedMigrations, monthsOfBodies, rowsAbout, tablesInOrder } from "./tables.ts";

export type BackupMade = { readonly file: string; readonly rows: number; readonly tables: number };

/** Throws `backup_exists`, `backup_unwritable`, `database_not_migrated`. */
export async function writeBackup(o: {
  databaseUrl: string;
  file: string;
  now: Instant;
  onProgress?: (rows: number, about: number) => void;
}): Promise<BackupMade> {
  const partial = `${o.file}.partial`;
  await requireAbsent(o.file);
  return withConnection(o.databaseUrl, async (connection) => {
    await connection.query("begin isolation level repeatable read read only");
    const header = await headerOf(connection, o.now);
    const about = await rowsAbout(connection);
    let rows = 0;
    const onRows = (more: number) => {
      rows += more;
      o.onProgress?.(rows, Math.max(about, rows));
    };
    try {
      const file = createWriteStream(partial, { flags: "w", mode: 0o600, flush: true });
      await pipeline(Readable.from(chunks(connection, header, onRows)), createGzip(), file);
      await renameDurably(partial, o.file);
    } catch (cause) {
      await rm(partial, { force: true });
      throw failure(cause, o.file);
    }
    await connection.query("commit");
    return { file: o.file, rows, tables: header.tables.length };
  });
}

async function* chunks(
  connection: OpenConnection,
  header: BackupHeader,
  onRows: (more: number) => void,
): AsyncGenerator<Buffer> {
  const whole = createHash("sha256");
  let all = 0;
  const told = (value: object): Buffer => {
    const line = lineOf(value);
    whole.update(line);
    return line;
  };
  yield told(header);
  for (const table of header.tables) {
    yield lineOf({ table: table.name });
    const digest = createHash("sha256");
    let rows = 0;
    for await (const chunk of rowsOf(connection, table)) {
      digest.update(chunk);
      const more = lineFeedsIn(chunk);
      rows += more;
      onRows(more);
      yield chunk;
    }
    all += rows;
    yield endOfRows;
    yield told({ table: table.name, rows, sha256: digest.digest("hex") });
  }
  yield lineOf({ end: true, rows: all, sha256: whole.digest("hex") });
}

/** A partitioned table is read through a query: COPY of it alone would be empty. */
function rowsOf(connection: OpenConnection, table: BackupTable): AsyncIterable<Buffer> {
  const query = `select ${copyColumns(table)} from public.${quoted(table.name)}`;
  return connection.stream(copyTo(`copy (${query}) to stdout`)) as AsyncIterable<Buffer>;
}

async function headerOf(db: Queryable, now: Instant): Promise<BackupHeader> {
  const migrations = await appliedMigrations(db);
  if (migrations === null) {
    throw new SubmeterError(
      "database_not_migrated",
      "there is nothing of a collector in this database",
      "check DATABASE_URL",
    );
  }
  return {
    format: backupFormat,
    made_at: formatInstant(now),
    collector: await knownCollector(db),
    migrations,
    months: await monthsOfBodies(db),
    tables: await tablesInOrder(db),
  };
}

function lineFeedsIn(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, at + 1)) count += 1;
  return count;
}

async function requireAbsent(file: string): Promise<void> {
  const found = await open(file, "r").catch(() => null);
  if (found === null) return;
  await found.close();
  throw new SubmeterError(
    "backup_exists",
    `${file} is there already`,
    "give another file: a backup is never overwritten",
  );
}

function failure(cause: unknown, file: string): unknown {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (!/^E(ACCES|NOENT|NOTDIR|ROFS|ISDIR|NOSPC|PERM)$/.test(code)) return cause;
  return new SubmeterError(
    "backup_unwritable",
    `${file} cannot be written: ${(cause as Error).message}`,
    "give a file in a folder that you may write to, with room for it",
    { cause },
  );
}
