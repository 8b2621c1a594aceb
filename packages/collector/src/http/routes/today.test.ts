/** The operator's morning, found in a real collector: whose fault silence is, what waits, what was used. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { formatInstant, secondsPerHour } from "@submeter/shared/time/instant";
import {
  startTestCollector,
  type TestCollector,
  testStart,
  untilEnd,
} from "../../collector.fixture.ts";
import {
  deliver,
  openTestJournal,
  requestsLine,
  testJournalId,
} from "../../ingest/agent.fixture.ts";

const hour = secondsPerHour;
const { atEnd, end } = untilEnd();
let collector: TestCollector;
let api: TestCollector["api"];

async function moveTo(seconds: number): Promise<void> {
  await fetch(`${collector.url}/dev/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${collector.token}`, "content-type": "application/json" },
    body: JSON.stringify({ now: formatInstant(testStart + seconds), settle: true }),
  });
}

beforeAll(async () => {
  collector = await startTestCollector({ atEnd, now: testStart + hour });
  ({ api } = collector);
});
afterAll(end);

test("on the first day nothing waits, and it is said", async () => {
  const { status, body } = await api("GET", "/today");
  expect([status, body.detail]).toEqual([200, undefined]);
  expect(body).toEqual({
    at: formatInstant(testStart + hour),
    waits_for_you: false,
    fleet: {},
    fleet_counted_at: formatInstant(testStart + hour),
    silent: [],
    waiting_to_close: [],
    decisions: [],
    unusual: [],
    unbilled: { amounts: [], contracts: { valued: 0, all: 0 } },
    unreconciled: [],
    agents: { total: 0, newest: null, agents: [] },
    webhooks: [],
    unreadable: [],
  });
});

test("who is silent is told with whose doing it is; what was used is told at list price", async () => {
  await api("POST", "/plans", {
    version: 1,
    id: "requests",
    currency: "USD",
    meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
    lines: [
      { id: "fee", kind: "base", amount: "50.00", timing: "arrears" },
      { id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" },
    ],
  });
  for (const [index, id] of ["quiet", "keyless"].entries()) {
    const key = await collector.enrol(id);
    const agreed = await api("PUT", `/contracts/${id}`, {
      version: 1,
      id,
      customer: `customer-of-${id}`,
      plan: { id: "requests", version: 1 },
      term: { from: "2026-01-01T00:00:00Z", to: null },
      cycle: { every: "month" },
      minimum: { amount: "1000" },
      fallback: "floor",
      prices: [{ line: "requests", unit_price: "0.001" }],
    });
    expect(agreed.status).toBeLessThan(300);
    const journal = openTestJournal({ key, journal: testJournalId(index + 1), start: testStart });
    const usage = [requestsLine(testStart, "250")];
    const sealed = journal.seal({
      usage,
      change: (report) => ({
        ...report,
        agent: {
          ...report.agent,
          version: id === "quiet" ? "1.2.0" : "1.1.9",
          disk_free_bytes: id === "quiet" ? 1_000 : null,
        },
      }),
    });
    await deliver(collector.url, journal, sealed);
  }
  await api("POST", "/installations/keyless/keys/1/revoke", {
    mode: "removed",
    reason: "by mistake",
  });
  await moveTo(6 * hour);
  const { body } = await api("GET", "/today");
  expect(body.waits_for_you).toBe(true);
  expect(body.fleet).toEqual({ late: 1, reporting: 1 });
  expect(body.silent).toEqual([
    {
      installation: "quiet",
      customer: "customer-of-quiet",
      state: "late",
      last_covered: formatInstant(testStart + hour),
      silent_seconds: 5 * hour,
      minimum_starts_at: formatInstant(testStart + 73 * hour),
      fault: "customer",
      outage_hours: 0,
    },
  ]);
  // 2 × 250 requests at the plan's $0.01, without fee, minimum and what was negotiated.
  expect(body.unbilled).toEqual({
    amounts: [{ currency: "USD", amount: "5.00" }],
    contracts: { valued: 2, all: 2 },
  });
  expect(body.agents).toMatchObject({
    total: 2,
    newest: "1.2.0",
    agents: [
      { installation: "quiet", full: true, old: false, skewed: false },
      { installation: "keyless", full: false, old: true },
    ],
  });
});

test("decisions that only a person takes are counted, each with one to begin with", async () => {
  const key = await collector.enrol("held");
  const journal = openTestJournal({ key, journal: testJournalId(9), start: testStart, seed: 9 });
  await api("POST", "/installations/held/keys/1/revoke", { mode: "compromised", reason: "leaked" });
  await deliver(collector.url, journal, journal.seal());
  const proposed = await api("POST", "/usage-adjustments", {
    customer: "customer-of-quiet",
    meter: "requests",
    from: "2026-01-05T00:00:00Z",
    to: "2026-01-05T01:00:00Z",
    quantity: "-5",
    reason: "a test of ours",
  });
  expect(proposed.status).toBe(201);
  const { body } = await api("GET", "/today");
  expect(body.decisions).toEqual([
    { kind: "quarantine", count: 1, first: `held ${testJournalId(9)} 1` },
    { kind: "adjustment", count: 1, first: "adj_customer-of-quiet_1" },
  ]);
});
