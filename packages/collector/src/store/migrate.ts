/** Brings a database to the newest schema: numbered SQL files, forward only, each once. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Kysely, PostgresDialect, sql } from "kysely";
import { Migrator, type Migration } from "kysely/migration";
import pg from "pg";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Database } from "./database.ts";

const folder = join(import.meta.dirname, "migrations");

/**
 * Applies what is missing, in one transaction, under a lock: replicas that start together are safe.
 * Answers the names of the files applied now. `last`: no further than that one. Throws `migration_failed`.
 */
export async function migrate(
  database: Database,
  last: string | null = null,
): Promise<{ applied: string[] }> {
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  // A server that shuts down tells its idle connections; that must not end the program.
  pool.on("error", () => {});
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({
      db: kysely,
      provider: { getMigrations: readMigrations },
      migrationTableName: "migrations",
      migrationLockTableName: "migrations_lock",
    });
    const { error, results } = await (last === null
      ? migrator.migrateToLatest()
      : migrator.migrateTo(last));
    if (error !== undefined)
      throw failure(
        error,
        results?.find((r) => r.status === "Error"),
      );
    return { applied: (results ?? []).map((result) => result.migrationName) };
  } finally {
    await kysely.destroy();
  }
}

/** Those that this program brings and the database has not; one that is newer than the program lacks nothing. */
export async function pendingMigrations(database: Database): Promise<string[]> {
  const [{ table } = { table: null }] = await database.query<{ table: string | null }>(
    "select to_regclass('migrations')::text as table",
  );
  const applied = new Set(
    table === null
      ? []
      : (await database.query<{ name: string }>("select name from migrations")).map(
          ({ name }) => name,
        ),
  );
  return (await knownMigrations()).filter((name) => !applied.has(name));
}

/** The names of all that this program knows, in order. */
export async function knownMigrations(): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql"));
  return names.map((name) => name.slice(0, -".sql".length)).toSorted();
}

async function readMigrations(): Promise<Record<string, Migration>> {
  const names = await knownMigrations();
  const read = async (name: string): Promise<[string, Migration]> => {
    const text = await readFile(join(folder, `${name}.sql`), "utf8");
    const up = async (db: Kysely<unknown>) => void (await sql.raw(text).execute(db));
    return [name, { up }];
  };
  return Object.fromEntries(await Promise.all(names.map(read)));
}

function failure(error: unknown, failed: { migrationName: string } | undefined): SubmeterError {
  const reason = error instanceof Error ? error.message : String(error);
  return new SubmeterError(
    "migration_failed",
    `the database could not be brought to the newest schema${failed ? ` (${failed.migrationName})` : ""}: ${reason}`,
    "check that the role may create tables in this database, that it was not changed by hand, and that the collector is not older than the database",
    { cause: error },
  );
}
