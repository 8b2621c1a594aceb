/** A database of its own for each test that wants one, on the one server of the test run. */

import pg from "pg";
import { inject } from "vitest";
import { type Database, openDatabase } from "./database.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Answers the URL of the run's PostgreSQL, which starts when it is asked for first. */
    postgresStarter: string;
  }
}

/** The database that `test/global-setup.ts` migrates once and every fresh one is copied from. */
export const templateName = "template_submeter";

let made = 0;

/** Migrated and empty. `close()` also drops it. */
export async function freshDatabase(): Promise<Database> {
  return databaseFrom(templateName);
}

/** As a backup of this moment would restore it. Who is connected is put out: a template may have no other sessions. */
export async function copyOf(database: Database): Promise<Database> {
  const name = new URL(database.url).pathname.slice(1);
  const ended = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
  await onServer(await serverUrl(), ended);
  return databaseFrom(name);
}

async function databaseFrom(template: string): Promise<Database> {
  const server = await serverUrl();
  const name = `test_${process.pid}_${(made += 1)}`;
  await onServer(server, `create database ${name} template ${template}`);
  const database = openDatabase(Object.assign(new URL(server), { pathname: `/${name}` }).href);
  return {
    ...database,
    close: async () => {
      await database.close();
      await onServer(server, `drop database if exists ${name} with (force)`);
    },
  };
}

async function serverUrl(): Promise<string> {
  const answer = await fetch(inject("postgresStarter"));
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
