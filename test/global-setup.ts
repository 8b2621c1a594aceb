/** One embedded PostgreSQL for the whole run, started when the first test asks for it: most runs of one file need none. */

import { once } from "node:events";
import { createServer } from "node:http";
import { dirname } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "@submeter/collector/dev/postgres";
import { openDatabase } from "@submeter/collector/store/database";
import { migrate } from "@submeter/collector/store/migrate";

const templateName = "template_submeter";

type Server = { url: string; stop(): Promise<void> };

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<Server> | null = null;
  const starter = createServer((_request, response) => {
    started ??= startWithTemplate();
    started.then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  starter.listen(0, "127.0.0.1");
  await once(starter, "listening");
  const address = starter.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  project.provide("postgresStarter", `http://127.0.0.1:${address.port}/`);
  return async () => {
    starter.close();
    await started?.then(
      (server) => server.stop(),
      () => {},
    );
  };
}

async function startWithTemplate(): Promise<Server> {
  // The same tests on another PostgreSQL: SUBMETER_TEST_POSTGRES_BIN=/usr/lib/postgresql/15/bin
  const binaries = process.env["SUBMETER_TEST_POSTGRES_BIN"];
  const server = await startEmbeddedPostgres({
    fsync: false,
    ...(binaries !== undefined && { programs: dirname(binaries) }),
  });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(`create database ${templateName}`);
  await client.end();
  const template = openDatabase(
    Object.assign(new URL(server.url), { pathname: `/${templateName}` }).href,
  );
  try {
    await migrate(template);
  } finally {
    await template.close();
  }
  return server;
}
