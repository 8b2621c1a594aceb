/** The oldest PostgreSQL that is supported: the whole schema, and a report through it. */

import { existsSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { startEmbeddedPostgres } from "@submeter/collector/dev/postgres";
import { openDatabase } from "@submeter/collector/store/database";
import { migrate } from "@submeter/collector/store/migrate";
import { startTestCollector, testStart } from "../../packages/collector/src/collector.fixture.ts";
import {
  deliver,
  openTestJournal,
  requestsLine,
  testJournalId,
} from "../../packages/collector/src/ingest/agent.fixture.ts";

const programs = "/usr/lib/postgresql/15";
const present = existsSync(`${programs}/bin/postgres`);
if (!present) {
  console.warn(
    `SKIPPED, NOT PROVEN HERE: there is no PostgreSQL 15 in ${programs}, so the oldest supported version was not tried`,
  );
}

test.skipIf(!present)("PostgreSQL 15 migrates, records and counts", async () => {
  const server = await startEmbeddedPostgres({ programs, fsync: false });
  onTestFinished(() => server.stop());
  const database = openDatabase(server.url);
  onTestFinished(() => database.close());
  const [version] = await database.query<{ server_version: string }>("show server_version");
  expect(version?.server_version).toMatch(/^15\./);
  expect((await migrate(database)).applied).toContain("0001-fleet");
  const collector = await startTestCollector({ database });
  const key = await collector.enrol("acme");
  collector.clock.moveTo(testStart + 3600);
  const journal = openTestJournal({ key, journal: testJournalId(1), start: testStart });
  const report = journal.seal({ usage: [requestsLine(testStart, "5")] });
  const { receipt } = await deliver(collector.url, journal, report);
  expect(receipt.outcome).toBe("accepted");
  const sums = await database.query("select trim_scale(sum(quantity)) as sum from usage_hourly");
  expect(sums).toEqual([{ sum: "5" }]);
});
