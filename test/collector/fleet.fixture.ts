/** A collector's own PostgreSQL and any number of collector processes on it, for tests of what happens between them. */

import { onTestFinished } from "vitest";
import { issueFirstToken } from "@submeter/collector/commands/init";
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from "@submeter/collector/dev/postgres";
import { type Database, openDatabase } from "@submeter/collector/store/database";
import { migrate } from "@submeter/collector/store/migrate";
import { systemClock } from "@submeter/collector/system-clock";
import { systemRandom } from "@submeter/collector/system-random";
import { type Program, startProgram } from "../programs.fixture.ts";

export type Grounds = { server: EmbeddedPostgres; database: Database; token: string };

export async function prepareGrounds(options: EmbeddedPostgresOptions): Promise<Grounds> {
  const server = await startEmbeddedPostgres(options);
  onTestFinished(() => server.stop());
  const database = openDatabase(server.url);
  onTestFinished(() => database.close());
  await migrate(database);
  const token = await issueFirstToken({ database, clock: systemClock, random: systemRandom });
  return { server, database, token: token ?? "" };
}

export async function startCollectorProcess(
  environment: Record<string, string>,
): Promise<{ url: string; program: Program }> {
  const program = startProgram("collector", ["run", "--port", "0"], {
    SUBMETER_MASTER_KEY: "5a".repeat(32),
    SUBMETER_PAYMENTS: "none",
    LOG_LEVEL: "warn",
    ...environment,
  });
  const line = await program.line(/^\{"url"/);
  return { url: (JSON.parse(line) as { url: string }).url, program };
}
