/** Two transactions that want the same rows wait for each other in a row, never in a ring. */

import { afterAll, beforeAll, expect, test } from "vitest";
import {
  startTestCollector,
  type TestCollector,
  testStart,
  untilEnd,
} from "../collector.fixture.ts";
import { deliver, openTestJournal, testJournalId } from "../ingest/agent.fixture.ts";
import { lockCustomer } from "../store/contracts.ts";
import { bumpStateRevision, bumpStateRevisionsOf } from "../store/installations.ts";

const { atEnd, end } = untilEnd();
const customer = "customer-of-acme";
let collector: TestCollector;

beforeAll(async () => {
  collector = await startTestCollector({ atEnd });
  const key = await collector.enrol("acme");
  await collector.api("POST", "/customers", { id: "other", name: "Other" });
  const journal = openTestJournal({ key, journal: testJournalId(1), start: testStart });
  collector.clock.moveTo(testStart + 3600);
  await deliver(collector.url, journal, journal.seal());
  await collector.database.query(
    `insert into shutdowns (installation_id, journal, sequence, position, from_at, until_at, reason, stated_at,
       recorded_at, status) values ('acme', $1, 1, 0, '2026-01-05Z', '2026-01-06Z', 'closed', '2026-01-05Z',
       '2026-01-05Z', 'waiting')`,
    [testJournalId(1)],
  );
});
afterAll(end);

/** Resolves when some transaction of this database waits for another's lock. */
async function somebodyWaits(): Promise<void> {
  for (;;) {
    const [row] = await collector.database.query<{ waiting: boolean }>(
      `select exists (select from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock') as waiting`,
    );
    if (row?.waiting === true) return;
  }
}

test.each([
  {
    what: "a journal is retired",
    path: `/installations/acme/journals/${testJournalId(1)}/retire`,
    body: { at: "2026-01-05T01:00:00Z", reason: "a test" },
  },
  {
    what: "a shutdown is decided",
    path: "/shutdowns/acme/1/accept",
    body: { reason: "a test" },
  },
  {
    what: "an installation is assigned",
    path: "/installations/acme/assignments",
    body: { customer: "other", from: "2026-01-05T00:00:00Z" },
  },
  {
    what: "an installation is retired",
    path: "/installations/acme/retire",
    body: { at: "2026-01-06T00:00:00Z", reason: "a test" },
  },
])("$what while a contract of its customer is set: both happen", async ({ path, body }) => {
  const { database, api } = collector;
  const decided = await database.transaction(async (contract) => {
    // As a contract is set: its customer first, the customer's installations last.
    await lockCustomer(contract, customer);
    const other = api("POST", path, body);
    await somebodyWaits();
    await bumpStateRevisionsOf(contract, customer);
    return { other };
  });
  const answer = await decided.other;
  expect([answer.status, answer.body.code]).toEqual([expect.toSatisfy((s) => s < 300), undefined]);
});

test("a write that is caught in a ring all the same leaves nothing behind, and is run again", async () => {
  const { database, api } = collector;
  const decided = await database.transaction(async (wrong) => {
    // So that the other one is the one that gives way.
    await wrong.query("set local deadlock_timeout = '1h'");
    await bumpStateRevision(wrong, "acme");
    const other = api("POST", "/installations/acme/retire", {
      at: "2026-01-07T00:00:00Z",
      reason: "again",
    });
    await somebodyWaits();
    await lockCustomer(wrong, customer);
    return { other };
  });
  const { status, body } = await decided.other;
  expect([status, body.retired_at]).toEqual([200, "2026-01-07T00:00:00Z"]);
  const { body: log } = await api("GET", "/audit?action=installation.retired");
  expect(log.items.filter(({ reason }: { reason: string }) => reason === "again")).toHaveLength(1);
});
