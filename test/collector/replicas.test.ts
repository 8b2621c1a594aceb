/**
 * Three collectors on one PostgreSQL get the same reports at once, while one of them is killed and PostgreSQL loses all
 * its sessions and recovers: each report is recorded once, totals are exact, every receipt is the same to the byte.
 */

import { expect, test } from "vitest";
import { parseKey } from "@submeter/shared/wire/key";
import {
  openTestJournal,
  postDocument,
  requestsLine,
  type Sealed,
  testJournalId,
  verifiedReceipt,
} from "../../packages/collector/src/ingest/agent.fixture.ts";
import { prepareGrounds, startCollectorProcess } from "./fleet.fixture.ts";
import { enrol } from "./running.fixture.ts";

const hour = 3600;
const sites = 6;
const reportsOfSite = 15;

type Answer = { status: number; headers: Headers; body: Uint8Array };

test("the same reports to three collectors, one killed, PostgreSQL crashed: once each, alike to the byte", async () => {
  const { server, database, token } = await prepareGrounds({});
  const environment = { DATABASE_URL: server.url };
  const collectors = await Promise.all(
    Array.from({ length: 3 }, () => startCollectorProcess(environment)),
  );
  const [first, second, third] = collectors;
  if (first === undefined || second === undefined || third === undefined) throw new Error("three");
  const start = Math.floor(Date.now() / 1000 / hour - reportsOfSite - 2) * hour;
  const ready = { url: first.url, token, database_url: server.url, stripe_double_url: "" };
  const fleet = await Promise.all(
    Array.from({ length: sites }, async (_, index) => {
      const key = await enrol(ready, `site-${index}`);
      const journal = openTestJournal({ key, journal: testJournalId(index), start });
      const reports = Array.from({ length: reportsOfSite }, (__, number) =>
        journal.seal({ usage: [requestsLine(start + number * hour, String(index + 1))] }),
      );
      return { key: parseKey(key), reports };
    }),
  );

  const answers = new Map<string, Answer[]>();
  let answered = 0;
  const half = Promise.withResolvers<void>();
  const keep = (report: Sealed, answer: Answer): void => {
    answers.set(report.digest, [...(answers.get(report.digest) ?? []), answer]);
    answered += 1;
    if (answered === (sites * reportsOfSite * collectors.length) / 3) half.resolve();
  };
  const sending = collectors.flatMap(({ url }, place) =>
    fleet.map(async ({ reports }) => {
      for (const report of reports) {
        // An agent's patience: what is not answered is offered again, in the end to whoever is still there.
        for (let attempt = 0; ; attempt += 1) {
          const answer = await offer(attempt === 0 || place !== 2 ? url : first.url, report);
          if (answer !== null) {
            keep(report, answer);
            break;
          }
        }
      }
    }),
  );
  await half.promise;
  await third.program.end("SIGKILL");
  const [backend] = await database.query<{ pid: number }>(
    `select pid from pg_stat_activity
      where application_name = 'submeter-collector' and pid <> pg_backend_pid() and backend_type = 'client backend'
      order by state = 'active' desc limit 1`,
  );
  // One dead backend makes PostgreSQL end all the others and recover from its log: a crash in the middle.
  process.kill(backend?.pid ?? 0, "SIGKILL");
  await Promise.all(sending);

  const rows = await database.query<{ count: number; distinct: number }>(
    "select count(*)::int as count, count(distinct digest)::int as distinct from reports",
  );
  expect(rows).toEqual([{ count: sites * reportsOfSite, distinct: sites * reportsOfSite }]);
  const totals = await database.query(
    `select installation_id, trim_scale(sum(quantity)) as sum, count(*)::int as hours from usage_hourly
      group by 1 order by 1`,
  );
  expect(totals).toEqual(
    fleet.map((_, index) => ({
      installation_id: `site-${index}`,
      sum: String((index + 1) * reportsOfSite),
      hours: reportsOfSite,
    })),
  );
  const journals = await database.query("select distinct through from journals");
  expect(journals).toEqual([{ through: reportsOfSite }]);
  for (const { key, reports } of fleet) {
    for (const { digest } of reports) {
      const given = answers.get(digest) ?? [];
      expect(given).toHaveLength(collectors.length);
      for (const answer of given) {
        expect(verifiedReceipt(answer, { key })).toMatchObject({ digest, outcome: "accepted" });
      }
      expect(new Set(given.map(receiptBytes)).size).toBe(1);
    }
  }
});

/** Null for what an agent would try again: no answer, or an unsigned one. */
async function offer(url: string, report: Sealed): Promise<Answer | null> {
  const answer = await postDocument(`${url}/ingest`, report).catch(() => null);
  if (answer === null) return null;
  if (answer.status === 200) return answer;
  expect(answer.status).toBe(503);
  return null;
}

/** The body and its proof, which are stored; `sub` is made anew for each answer. */
function receiptBytes({ body, headers }: Answer): string {
  const proof = [headers.get("signature-input"), headers.get("signature")].map(
    (header) => /proof=.*/.exec(header ?? "")?.[0],
  );
  return [Buffer.from(body).toString("latin1"), ...proof].join("\n");
}
