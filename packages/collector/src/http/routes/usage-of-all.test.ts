/** Usage over all customers: what is missing is named without the fleet, and adjustments stand beside the counts. */

import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parseInstant, secondsPerHour } from "@submeter/shared/time/instant";
import { startTestCollector, type TestCollector, untilEnd } from "../../collector.fixture.ts";
import {
  deliver,
  openTestJournal,
  requestsLine,
  type TestJournal,
  testJournalId,
} from "../../ingest/agent.fixture.ts";
import { buildServer } from "../server.ts";
import { usageBreakdownRoutes } from "./usage-breakdown.ts";

const monday = parseInstant("2026-01-05T00:00:00Z");
const hour = secondsPerHour;
const { atEnd, end } = untilEnd();
let collector: TestCollector;
let short: TestJournal;

/** `whole` reports two hours, `short` one of the two, `silent` none. */
beforeAll(async () => {
  collector = await startTestCollector({ atEnd, now: monday + 2 * hour });
  for (const [index, [id, hours]] of (
    [
      ["whole", 2],
      ["short", 1],
    ] as const
  ).entries()) {
    const key = await collector.enrol(id, "2026-01-05T00:00:00Z");
    const journal = openTestJournal({ key, journal: testJournalId(index + 1), start: monday });
    const usage = Array.from({ length: hours }, (_, at) => requestsLine(monday + at * hour, "100"));
    await deliver(collector.url, journal, journal.seal({ hours, usage }));
    short = journal;
  }
  await collector.enrol("silent", "2026-01-05T00:00:00Z");
});
afterAll(end);

async function asked(query: string) {
  const { status, body } = await collector.api("GET", `/usage?${query}`);
  expect([status, body.detail]).toEqual([200, undefined]);
  return body;
}

const twoHours = "from=2026-01-05T00:00:00Z&to=2026-01-05T03:00:00Z";

describe("what is missing, over all customers,", () => {
  test("is named as it is for one of them", async () => {
    collector.clock.moveTo(monday + 2.5 * hour);
    const answer = await asked(twoHours);
    expect(answer.complete).toBe(false);
    expect(answer.unknown).toEqual([
      { installation: "short", from: "2026-01-05T01:00:00Z", never_reported: false },
      { installation: "silent", from: "2026-01-05T00:00:00Z", never_reported: true },
    ]);
    for (const id of ["short", "silent", "whole"]) {
      const own = await asked(`${twoHours}&customer=customer-of-${id}`);
      expect(own.unknown).toEqual(
        answer.unknown.filter((one: { installation: string }) => one.installation === id),
      );
    }
  });

  test("is nothing where all of the span is proven, or the one that was silent is retired", async () => {
    const { api } = collector;
    const first = "from=2026-01-05T00:00:00Z&to=2026-01-05T01:00:00Z";
    expect((await asked(first)).unknown).toMatchObject([{ installation: "silent" }]);
    await api("POST", "/installations/silent/retire", {
      at: "2026-01-05T00:00:00Z",
      reason: "never installed",
    });
    expect(await asked(first)).toMatchObject({ complete: true, unknown: [] });
  });
});

describe("an adjustment", () => {
  test("is in no count before it is approved, and beside the counts afterwards", async () => {
    const { api } = collector;
    const proposed = await api("POST", "/usage-adjustments", {
      customer: "customer-of-whole",
      meter: "requests",
      from: "2026-01-05T00:00:00Z",
      to: "2026-01-05T02:00:00Z",
      quantity: "-50",
      reason: "a load test of ours",
    });
    const before = await asked(twoHours);
    expect(before).toMatchObject({ adjustments: [], adjusted: {}, totals: { requests: "300" } });
    // Nobody else could approve it: then the one who proposed may.
    await api("POST", `/usage-adjustments/${proposed.body.id}/approve`, { reason: "seen" });
    const after = await asked(twoHours);
    expect(after.totals).toEqual(before.totals);
    expect(after.rows).toEqual(before.rows);
    expect(after.adjusted).toEqual({ requests: "250" });
    expect(after.adjustments).toEqual([
      {
        id: "adj_customer-of-whole_1",
        customer: "customer-of-whole",
        meter: "requests",
        dimensions: {},
        from: "2026-01-05T00:00:00Z",
        to: "2026-01-05T02:00:00Z",
        quantity: "-50",
        within: "-50",
        reason: "a load test of ours",
      },
    ]);
    const half = await asked("from=2026-01-05T01:00:00Z&to=2026-01-05T02:00:00Z");
    expect(half.adjustments).toMatchObject([{ quantity: "-50", within: "-25" }]);
    expect(half.adjusted).toEqual({ requests: "75" });
    const ofOne = await asked(`${twoHours}&installation=whole`);
    expect(ofOne).toMatchObject({ adjustments: null, adjusted: {} });
    const ofOther = await asked(`${twoHours}&customer=customer-of-short`);
    expect(ofOther).toMatchObject({ adjustments: [], adjusted: {} });
  });
});

describe("the breakdown of every customer", () => {
  test("shows what adjustments make of each, and leaves no value of the dimension out", async () => {
    const { api } = collector;
    const values = Array.from({ length: 1100 }, (_, n) => ({ a: `v${n}` }));
    const usage = [...values, { z: "last" }].map((dimensions) => ({
      ...requestsLine(monday + hour, "1"),
      dimensions,
    }));
    await deliver(collector.url, short, short.seal({ usage }));
    const span = "from=2026-01-05T00:00:00Z&to=2026-01-05T02:00:00Z&dimension=z";
    const { body } = await api("GET", `/admin/billing/usage-breakdown?${span}`);
    const byName = Object.fromEntries(body.items.map((one: any) => [one.customer, one]));
    expect(byName["customer-of-whole"]).toMatchObject({
      totals: { requests: "200" },
      adjusted: { requests: "150" },
      breakdown: [],
    });
    expect(byName["customer-of-short"]).toMatchObject({
      totals: { requests: "1201" },
      adjusted: {},
      breakdown: [{ meter: "requests", value: "last", quantity: "1" }],
    });
    expect(byName["customer-of-silent"]).toMatchObject({ totals: {}, breakdown: [] });
  });

  test("asks the database as often for a hundred customers as for one", async () => {
    const { database, clock, api, token } = collector;
    let statements = 0;
    const counting = {
      ...database,
      query: (async (text, values) => {
        statements += 1;
        return database.query(text, values);
      }) as typeof database.query,
    };
    const server = await buildServer({
      database,
      clock,
      logger: pino({ level: "silent" }),
      openRoutes: [],
      apiRoutes: [usageBreakdownRoutes({ database: counting, clock } as never)],
      otherRoutes: [],
    });
    onTestFinished(() => server.close());
    const asking = async () => {
      statements = 0;
      const url =
        "/api/v1/admin/billing/usage-breakdown?from=2026-01-05&to=2026-01-05&dimension=model";
      const answer = await server.inject({
        url,
        headers: { authorization: `Bearer ${token}` },
      });
      expect(answer.statusCode).toBe(200);
      return { statements, customers: answer.json().items.length as number };
    };
    const few = await asking();
    for (let n = 0; n < 20; n += 1) await api("POST", "/customers", { id: `c-${n}`, name: "C" });
    const many = await asking();
    expect(many.customers).toBe(few.customers + 20);
    expect(many.statements).toBe(few.statements);
  });
});
