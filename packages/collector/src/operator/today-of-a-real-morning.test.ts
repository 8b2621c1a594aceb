/** `submeter today` on a morning on which much waits, all of it brought about as it comes about, read on 80 columns. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { formatInstant, secondsPerDay, secondsPerHour } from "@submeter/shared/time/instant";
import {
  startTestCollector,
  type TestCollector,
  testStart,
  untilEnd,
} from "../collector.fixture.ts";
import {
  deliver,
  openTestJournal,
  requestsLine,
  type TestJournal,
  testJournalId,
} from "../ingest/agent.fixture.ts";
import { runWords } from "./operator-session.fixture.ts";

const [hour, day] = [secondsPerHour, secondsPerDay];
const { atEnd, end } = untilEnd();
let collector: TestCollector;
let made = 0;

async function moveTo(seconds: number): Promise<void> {
  const answer = await fetch(`${collector.url}/dev/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${collector.token}`, "content-type": "application/json" },
    body: JSON.stringify({ now: formatInstant(testStart + seconds), settle: true }),
  });
  expect(answer.status).toBe(200);
}

async function journalOf(id: string): Promise<TestJournal> {
  const key = await collector.enrol(id, "2026-01-05T00:00:00Z");
  await collector.api("PUT", `/contracts/${id}`, {
    version: 1,
    id,
    customer: `customer-of-${id}`,
    plan: { id: "requests", version: 1 },
    term: { from: "2026-01-05T00:00:00Z", to: null },
    cycle: { every: "days", days: 10 },
    minimum: { amount: "100" },
    fallback: "floor",
  });
  made += 1;
  return openTestJournal({ key, journal: testJournalId(made), start: testStart, seed: made });
}

/** Ten days: one counts well and then collapses, one falls silent, one is held, one reports under a stranger's subject. */
beforeAll(async () => {
  collector = await startTestCollector({ atEnd });
  const { api, url } = collector;
  await api("POST", "/plans", {
    version: 1,
    id: "requests",
    currency: "USD",
    meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
    lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
  });
  const [steady, quiet, held] = [
    await journalOf("steady"),
    await journalOf("quiet"),
    await journalOf("held"),
  ];
  await api("POST", "/customers", { id: "tenants", name: "Tenants" });
  const saas = await api("POST", "/installations", {
    id: "saas",
    customer: "tenants",
    enrolled: "2026-01-05T00:00:00Z",
    subject_routing: true,
  });
  const shared = openTestJournal({
    key: saas.body.environment.TELEMETRY_HMAC_KEY as string,
    journal: testJournalId(90),
    start: testStart,
    seed: 90,
  });
  for (let at = 0; at < 10; at += 1) {
    await moveTo((at + 1) * day + hour);
    const count = at === 9 ? "10" : "1000";
    const usage = [requestsLine(testStart + at * day, count)];
    await deliver(url, steady, steady.seal({ hours: 24, usage }));
    if (at < 1) await deliver(url, quiet, quiet.seal({ hours: 24, usage }));
    if (at === 8)
      await api("POST", "/installations/held/keys/1/revoke", {
        mode: "compromised",
        reason: "leaked",
      });
    await deliver(url, held, held.seal({ hours: 24, usage }));
    const subject = [
      { ...requestsLine(testStart + at * day, "5"), dimensions: { subject: "tenant-7" } },
    ];
    await deliver(url, shared, shared.seal({ hours: 24, usage: subject }));
  }
  const holidays = {
    from: formatInstant(testStart + 11 * day),
    until: formatInstant(testStart + 12 * day),
    reason: "closed",
  };
  await deliver(
    url,
    steady,
    steady.seal({ change: (report) => ({ ...report, x: { shutdowns: [holidays] } }) }),
  ).catch(() => {});
  await api("POST", "/usage-adjustments", {
    customer: "customer-of-steady",
    meter: "requests",
    from: "2026-01-05T00:00:00Z",
    to: "2026-01-05T01:00:00Z",
    quantity: "-5",
    reason: "a test of ours",
  });
  await moveTo(11 * day + 2 * hour);
}, 120_000);
afterAll(end);

test("what waits is there, with what to do next", async () => {
  const environment = { SUBMETER_URL: collector.url, SUBMETER_TOKEN: collector.token };
  const { out, errors, exitCode } = await runWords(["today"], { environment, width: 80 });
  expect({ errors, exitCode }).toEqual({ errors: "", exitCode: 0 });
  for (const section of [
    "Decisions that wait for you",
    "Silent, and whose doing it is",
    "Cannot close yet",
    "Unusual days",
  ]) {
    expect(out).toContain(section);
  }
  expect(out).toContain("2 reports in quarantine, counted only when you say so");
  expect(out).toContain("1 attested shutdown");
  expect(out).toContain("held of customer-of-held, late: 25 h, the minimum starts in 47 h; ours");
  expect(out).toContain("1 adjustment of usage");
  expect(out).toContain("1 subject whose usage belongs to nobody");
  expect(out).toMatch(/quiet of customer-of-quiet, offline/);
  expect(out).toMatch(/steady requests collapsed on 2026-01-14: 10, usually 1,000 a day/);
});
