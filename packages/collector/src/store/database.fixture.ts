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
  const server = await serverUrl();
  const name = `test_${process.pid}_${(made += 1)}`;
  await onServer(server, `create database ${name} template ${templateName}`);
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
