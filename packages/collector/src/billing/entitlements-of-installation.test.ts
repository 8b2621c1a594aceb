/** What agents are told they may use: read from states that a real collector signs, over real HTTP. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEntitlements } from "@submeter/shared/entitlements/entitlements";
import { readPlanOfState } from "@submeter/shared/entitlements/plan-of-state";
import { parseInstant } from "@submeter/shared/time/instant";
import { startTestCollector, type TestCollector, untilEnd } from "../collector.fixture.ts";
import { decideAdjustmentRow, insertAdjustment } from "../store/usage-adjustments.ts";
import {
  askState,
  deliver,
  openTestJournal,
  requestsLine,
  type TestJournal,
  testJournalId,
} from "../ingest/agent.fixture.ts";

const { atEnd, end } = untilEnd();
let collector: TestCollector;
let number = 0;
const begin = parseInstant("2026-01-05T00:00:00Z");

const plan = {
  version: 1,
  id: "requests",
  description: "Requests with packs",
  currency: "USD",
  entitlements: { agents_max: 3, sso: false },
  meters: [
    { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
    { name: "seats", unit: "seat", aggregation: "max", scale: 0, billed: false },
    { name: "tokens", unit: "token", aggregation: "sum", scale: 3, billed: false },
  ],
  lines: [
    {
      id: "requests",
      kind: "usage",
      meter: "requests",
      included: "1000",
      packs: [{ id: "small", quantity: "500", amount: "10.00" }],
      overage: "off",
      unit_price: "0.01",
    },
  ],
};

beforeAll(async () => {
  collector = await startTestCollector({ atEnd });
  await collector.api("POST", "/plans", plan);
});
afterAll(end);

/** For a test that moves the clock into another period. */
async function withClockOfItsOwn(run: () => Promise<void>): Promise<void> {
  const shared = collector;
  try {
    collector = await startTestCollector();
    await collector.api("POST", "/plans", plan);
    await run();
  } finally {
    collector = shared;
  }
}

type Site = { id: string; journal: TestJournal };

async function site(customer: string, id: string): Promise<Site> {
  const added = await collector.api("POST", "/installations", {
    id,
    customer,
    enrolled: "2026-01-05T00:00:00Z",
  });
  expect(added.status).toBe(201);
  number += 1;
  const journal = testJournalId(number);
  const key: string = added.body.environment.TELEMETRY_HMAC_KEY;
  return { id, journal: openTestJournal({ key, journal, start: begin, seed: number }) };
}

async function agreed(customer: string, terms: object = {}): Promise<void> {
  await collector.api("POST", "/customers", { id: customer, name: customer });
  const set = await collector.api("PUT", `/contracts/${customer}`, {
    version: 1,
    id: customer,
    customer,
    plan: { id: "requests", version: 1 },
    term: { from: "2026-01-05T00:00:00Z", to: null },
    cycle: { every: "days", days: 7 },
    ...terms,
  });
  expect(set.status).toBe(200);
}

async function told({ journal }: Site) {
  const state = await askState(collector.url, journal, collector.clock.now());
  const entitlements = readEntitlements(state.entitlements);
  if (entitlements === null) throw new Error("entitlements cannot be read");
  return { state, entitlements, plan: readPlanOfState(state.plan) };
}

async function reported({ journal }: Site, window: string, quantity: string, hours = 1) {
  const usage = [requestsLine(parseInstant(window), quantity)];
  const sealed = journal.seal({ usage, hours });
  collector.clock.moveTo(Math.max(collector.clock.now(), parseInstant(sealed.report.sealed_at)));
  const { receipt } = await deliver(collector.url, journal, sealed);
  expect(receipt.outcome).toBe("accepted");
}

describe("a customer with two installations", () => {
  test("is told at each of them what both have used, and to ask again within the hour", async () => {
    await agreed("acme");
    const [east, west] = [await site("acme", "acme-east"), await site("acme", "acme-west")];
    await reported(east, "2026-01-05T00:00:00Z", "700");
    await reported(west, "2026-01-05T00:00:00Z", "90");
    for (const one of [east, west]) {
      const { state, entitlements } = await told(one);
      expect(state.journals).toEqual([{ journal: one.journal.journal, through: 1 }]);
      expect(entitlements.journals).toEqual(state.journals);
      expect(entitlements).toMatchObject({
        period: { from: "2026-01-05T00:00:00Z", to: "2026-01-12T00:00:00Z" },
        suspended: null,
        refresh_seconds: 3600,
        features: { agents_max: 3, sso: false },
        meters: [
          {
            meter: "requests",
            used: "790",
            quota: "1000",
            warn_at: "800",
            limits: [{ at: "1000", do: "stop", rate: null }],
            renews: { to: "2026-01-19T00:00:00Z", quota: "1000" },
          },
        ],
      });
    }
  });

  test("hears of other terms from the revision, and of more usage it does not", async () => {
    const east = await site("acme", "acme-south");
    const before = await told(east);
    await reported(east, "2026-01-05T00:00:00Z", "1");
    expect((await told(east)).state.revision).toBe(before.state.revision);
    const contract = await collector.api("GET", "/contracts/acme");
    const amended = await collector.api("PUT", "/contracts/acme", {
      ...contract.body.document,
      version: 2,
      show_prices: "admin",
    });
    expect(amended.status).toBe(200);
    const after = await told(east);
    expect(after.state.revision).not.toBe(before.state.revision);
  });
});

describe("prices", () => {
  test("travel only where the contract shows them, with what was recorded of all installations", async () => {
    await agreed("hidden");
    await agreed("open", { show_prices: "admin" });
    const [hidden, shown] = [await site("hidden", "hidden-1"), await site("open", "open-1")];
    await reported(shown, "2026-01-05T00:00:00Z", "40");
    const without = await told(hidden);
    expect(without.plan?.plan.description).toBe("Requests with packs");
    expect(without.plan).toMatchObject({ plan: { id: "requests" }, prices: "not_shown" });
    expect(JSON.stringify(without.state)).not.toMatch(/unit_price|0\.01|10\.00/);
    const { plan: read } = await told(shown);
    expect(read?.prices).toMatchObject({
      plan: { id: "requests" },
      usage: [{ window: "2026-01-05T00:00:00Z", meter: "requests", quantity: "40" }],
    });
  });
});

test("suspended, the product is blocked and knows why; the revision tells at once", async () => {
  await agreed("owing");
  const one = await site("owing", "owing-1");
  const before = await told(one);
  await collector.api("POST", "/installations/owing-1/suspend", { reason: "unpaid" });
  const after = await told(one);
  expect(after.entitlements.suspended).toMatchObject({ reason: "unpaid", fix_url: null });
  expect(after.entitlements.refresh_seconds).toBe(60);
  expect(after.state.revision).not.toBe(before.state.revision);
  await collector.api("POST", "/installations/owing-1/resume", { reason: "paid" });
  expect((await told(one)).entitlements.suspended).toBeNull();
});

test("without a contract nothing is promised and nothing is blocked", async () => {
  await collector.api("POST", "/customers", { id: "trying", name: "Trying" });
  const { state, entitlements } = await told(await site("trying", "trying-1"));
  expect(entitlements).toMatchObject({ period: null, suspended: null, meters: [] });
  expect(state.plan).toBeUndefined();
});

test("an installation that serves many customers is told of none of them", async () => {
  await agreed("many");
  const added = await collector.api("POST", "/installations", {
    id: "many-1",
    customer: "many",
    enrolled: "2026-01-05T00:00:00Z",
    subject_routing: true,
  });
  const key: string = added.body.environment.TELEMETRY_HMAC_KEY;
  const journal = openTestJournal({ key, journal: testJournalId(900), start: begin });
  const state = await askState(collector.url, journal, collector.clock.now());
  expect(state.entitlements).toBeUndefined();
});

test("a pack goes on into the next period although the one before waits for its close", async () => {
  await withClockOfItsOwn(async () => {
    await agreed("packed", {
      packs: [{ id: "p1", line: "requests", pack: "small", at: "2026-01-05T00:00:00Z" }],
    });
    const one = await site("packed", "packed-1");
    await reported(one, "2026-01-05T00:00:00Z", "1200");
    expect((await told(one)).entitlements.meters[0]).toMatchObject({ used: "1200", quota: "1500" });
    collector.clock.moveTo(parseInstant("2026-01-12T00:30:00Z"));
    const { entitlements } = await told(one);
    expect(entitlements.period?.from).toBe("2026-01-12T00:00:00Z");
    expect(entitlements.meters[0]).toMatchObject({ used: "0", quota: "1300" });
  });
});

test("where the first usage begins the cycle, the quota is there before it", async () => {
  await agreed("waiting", { cycle: { every: "days", days: 30, anchor: "first_usage" } });
  const { entitlements } = await told(await site("waiting", "waiting-1"));
  expect(entitlements.meters[0]).toMatchObject({ used: "0", quota: "1000" });
});

test("usage that was adjusted is used as it is billed", async () => {
  await agreed("adjusted");
  const one = await site("adjusted", "adjusted-1");
  await reported(one, "2026-01-05T00:00:00Z", "900");
  const row = {
    id: "adj_adjusted_1",
    customer_id: "adjusted",
    number: 1,
    meter: "requests",
    dimensions: "{}",
    from_at: begin,
    to_at: begin + 3600,
    quantity: "-400",
    reason: "a load test of ours",
    created_at: collector.clock.now(),
    created_by: "one",
  };
  await insertAdjustment(collector.database, row);
  expect((await told(one)).entitlements.meters[0]).toMatchObject({ used: "900" });
  const decision = { at: collector.clock.now(), by: "another", reason: "agreed" };
  await decideAdjustmentRow(collector.database, row.id, { status: "approved", ...decision });
  expect((await told(one)).entitlements.meters[0]).toMatchObject({ used: "500" });
});
