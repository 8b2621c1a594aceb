/**
 * Fills an empty database from a backup: the schema as it was, every table by COPY, and only if all of it is whole; then
 * the schema is brought to this program's. Agents learn from their state how far it reaches, and send the rest again.
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { from as copyFrom } from "pg-copy-streams";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Instant } from "@submeter/shared/time/instant";
import { audit } from "../store/audit.ts";
import { type OpenConnection, withConnection } from "../store/connection.ts";
import { openDatabase } from "../store/database.ts";
import { knownMigrations, migrate } from "../store/migrate.ts";
import {
  type BackupEnd,
  backupFormat,
  type BackupHeader,
  type BackupTable,
  copyColumns,
  endOfRows,
  lineOf,
  quoted,
  type TableEnd,
} from "./format.ts";
import { linesOf } from "./read-lines.ts";
import { advanceIdentities, appliedMigrations, firstInUse } from "./tables.ts";

export type Restored = {
  readonly rows: number;
  readonly tables: number;
  readonly made_at: string;
  /** Migrations that were applied after it, because the backup is of an older version. */
  readonly migrated: readonly string[];
};

/** Rows are handed on in pieces of about this many bytes. */
const pieceBytes = 64 * 1024;

/**
 * Throws `backup_unreadable`, `backup_damaged`, `backup_version_unknown`, `database_not_empty`; nothing has been changed
 * then but the schema.
 */
export async function restoreBackup(o: {
  databaseUrl: string;
  file: string;
  now: Instant;
  who: string;
  onProgress?: (rows: number) => void;
}): Promise<Restored> {
  const lines = linesOf(unpacked(o.file));
  const header = await readHeader(lines, o.file);
  await prepareSchema(o.databaseUrl, header);
  const rows = await withConnection(o.databaseUrl, (connection) =>
    fill(connection, lines, header, o),
  );
  const database = openDatabase(o.databaseUrl, { connectionsMax: 1 });
  try {
    const { applied: migrated } = await migrate(database);
    await audit(database, {
      at: o.now,
      who: o.who,
      action: "backup.restored",
      subject: "collector",
      after: { made_at: header.made_at, rows },
    });
    return { rows, tables: header.tables.length, made_at: header.made_at, migrated };
  } finally {
    await database.close();
  }
}

async function fill(
  connection: OpenConnection,
  lines: AsyncGenerator<Buffer>,
  header: BackupHeader,
  o: { file: string; onProgress?: (rows: number) => void },
): Promise<number> {
  await connection.query("begin");
  // Rows that were written by a trigger are in the backup themselves.
  for (const { name } of header.tables) {
    await connection.query(`alter table public.${quoted(name)} disable trigger user`);
  }
  // What migrations bring along stands in the backup as it was left.
  for (const { name } of header.tables.toReversed()) {
    await connection.query(`delete from public.${quoted(name)}`);
  }
  for (const month of header.months) {
    await connection.query("select ensure_report_bodies($1)", [month]);
  }
  const whole = createHash("sha256").update(lineOf(header));
  let rows = 0;
  for (const table of header.tables) {
    await expectLine(lines, lineOf({ table: table.name }), o.file);
    const read = await fillTable(connection, lines, table, o.file);
    const end = await readLine<TableEnd>(lines, o.file);
    if (end.table !== table.name || end.rows !== read.rows || end.sha256 !== read.sha256) {
      throw damaged(o.file, `the rows of ${table.name} are not those that were written`);
    }
    whole.update(lineOf(end));
    rows += read.rows;
    o.onProgress?.(rows);
  }
  const end = await readLine<BackupEnd>(lines, o.file);
  if (end.end !== true || end.rows !== rows || end.sha256 !== whole.digest("hex")) {
    throw damaged(o.file, "its last line does not fit what came before");
  }
  await advanceIdentities(connection);
  for (const { name } of header.tables) {
    await connection.query(`alter table public.${quoted(name)} enable trigger user`);
  }
  await connection.query("commit");
  return rows;
}

async function fillTable(
  connection: OpenConnection,
  lines: AsyncGenerator<Buffer>,
  table: BackupTable,
  file: string,
): Promise<{ rows: number; sha256: string }> {
  const digest = createHash("sha256");
  const sink = connection.stream(
    copyFrom(`copy public.${quoted(table.name)} (${copyColumns(table)}) from stdin`),
  );
  const finished = once(sink, "finish");
  // It is awaited below; until then its failure must not pass for one that nobody hears.
  finished.catch(() => {});
  let rows = 0;
  let piece: Buffer[] = [];
  let length = 0;
  const hand = async () => {
    if (piece.length === 0) return;
    const room = sink.write(Buffer.concat(piece));
    piece = [];
    length = 0;
    if (!room) await Promise.race([once(sink, "drain"), finished]);
  };
  for (;;) {
    const { value: line, done } = await lines.next();
    if (done === true || line === undefined) {
      sink.destroy();
      throw damaged(file, `it ends among the rows of ${table.name}`);
    }
    if (line.equals(endOfRows)) break;
    digest.update(line);
    rows += 1;
    piece.push(line);
    length += line.length;
    if (length >= pieceBytes) await hand();
  }
  await hand();
  sink.end();
  await finished;
  return { rows, sha256: digest.digest("hex") };
}

/** An empty database gets the schema that the backup had; one that has it already must have no rows. */
async function prepareSchema(databaseUrl: string, header: BackupHeader): Promise<void> {
  const known = await knownMigrations();
  const last = header.migrations.at(-1) ?? "";
  if (header.migrations.some((name, index) => known[index] !== name)) {
    throw new SubmeterError(
      "backup_version_unknown",
      `the backup has a schema (${last}) that this version of the collector does not come from`,
      "restore it with the version of the collector that made it, or a newer one",
    );
  }
  const database = openDatabase(databaseUrl, { connectionsMax: 1 });
  try {
    const applied = await appliedMigrations(database);
    const filled = applied === null ? null : await firstInUse(database);
    if (filled !== null) throw notEmpty(`its table ${filled} has rows`);
    if (applied !== null && applied.join() !== header.migrations.join()) {
      throw notEmpty("it has another schema than the backup");
    }
    await migrate(database, last);
  } finally {
    await database.close();
  }
}

function notEmpty(why: string): SubmeterError {
  return new SubmeterError(
    "database_not_empty",
    `a backup is restored into an empty database only, and ${why}`,
    "make a new one (createdb), set DATABASE_URL to it, and restore there; the old one stays as it is",
  );
}

async function* unpacked(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file);
  const unpacking = createGunzip();
  source.on("error", (error) => unpacking.destroy(error));
  source.pipe(unpacking);
  try {
    yield* unpacking as AsyncIterable<Buffer>;
  } catch (cause) {
    throw damaged(file, (cause as Error).message, cause);
  }
}

async function readHeader(lines: AsyncGenerator<Buffer>, file: string): Promise<BackupHeader> {
  const header = await readLine<BackupHeader>(lines, file);
  if (header.format === backupFormat) return header;
  throw damaged(file, "it does not begin as a backup does");
}

async function readLine<T>(lines: AsyncGenerator<Buffer>, file: string): Promise<T> {
  const { value } = await lines.next();
  try {
    return JSON.parse(String(value)) as T;
  } catch (cause) {
    throw damaged(file, "it ends early", cause);
  }
}

async function expectLine(
  lines: AsyncGenerator<Buffer>,
  expected: Buffer,
  file: string,
): Promise<void> {
  const { value } = await lines.next();
  if (value?.equals(expected) !== true) throw damaged(file, "its tables are not in their order");
}

function damaged(file: string, why: string, cause?: unknown): SubmeterError {
  return new SubmeterError(
    "backup_damaged",
    `${file} is no whole backup: ${why}`,
    "take another one; nothing was restored",
    { cause },
  );
}
