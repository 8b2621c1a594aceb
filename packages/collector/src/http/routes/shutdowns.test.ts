import { expect, test } from "vitest";
import { contractOf, requestsPlan } from "../../billing/contract-life.fixture.ts";
import { startTestCollector, testStart } from "../../collector.fixture.ts";
import { askState, deliver, openTestJournal, testJournalId } from "../../ingest/agent.fixture.ts";

const holidays = {
  from: "2026-01-05T01:00:00Z",
  until: "2026-01-09T01:00:00Z",
  reason: "closed",
};

test("what a report attests waits for the operator, whose word defers when billing falls back", async () => {
  const collector = await startTestCollector();
  const key = await collector.enrol("acme-eu");
  await collector.api("POST", "/plans", requestsPlan);
  const contract = contractOf("customer-of-acme-eu");
  await collector.api("PUT", `/contracts/${contract.id}`, contract);
  const journal = openTestJournal({ key, journal: testJournalId(1), start: testStart });
  collector.clock.moveTo(testStart + 3600);
  const sealed = journal.seal({
    change: (report) => ({ ...report, x: { shutdowns: [holidays, { from: "nonsense" }] } }),
  });
  expect((await deliver(collector.url, journal, sealed)).receipt.outcome).toBe("accepted");
  // Once, however often it comes.
  await deliver(collector.url, journal, sealed);
  const before = await askState(collector.url, journal, testStart + 3600);

  const { body: list } = await collector.api("GET", "/shutdowns?status=waiting");
  expect(list).toMatchObject({
    items: [{ ...holidays, status: "waiting", stated_late: false, report: { sequence: 1 } }],
    next: null,
  });
  const path = `/shutdowns/acme-eu/${list.items[0].id}`;
  expect((await collector.api("POST", `${path}/accept`, {})).status).toBe(400);
  const accepted = await collector.api("POST", `${path}/accept`, { reason: "as announced" });
  expect(accepted.body).toMatchObject({ status: "accepted", decision_reason: "as announced" });
  expect(await collector.api("POST", `${path}/accept`, { reason: "again" })).toMatchObject({
    status: 409,
    body: { code: "shutdown_decided" },
  });
  const unknown = await collector.api("POST", "/shutdowns/acme-eu/999/accept", { reason: "?" });
  expect(unknown).toMatchObject({ status: 404, body: { code: "shutdown_unknown" } });

  const after = await askState(collector.url, journal, testStart + 3600);
  expect(after.revision).not.toBe(before.revision);
  // 72 hours of silence begin when the shutdown ends.
  expect([before.fallback_at, after.fallback_at]).toEqual([
    "2026-01-08T01:00:00Z",
    "2026-01-12T01:00:00Z",
  ]);
});
