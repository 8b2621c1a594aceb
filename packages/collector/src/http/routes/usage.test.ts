import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseInstant, secondsPerHour } from "@submeter/shared/time/instant";
import { startTestCollector, type TestCollector, untilEnd } from "../../collector.fixture.ts";
import {
  deliver,
  openTestJournal,
  requestsLine,
  testJournalId,
} from "../../ingest/agent.fixture.ts";

const monday = parseInstant("2026-01-05T00:00:00Z");
const hour = secondsPerHour;

const { atEnd, end } = untilEnd();
let collector: TestCollector;
let tokens: Record<string, string>;

/** Two days of two agents, and half a day of a second installation, which then falls silent. */
beforeAll(async () => {
  collector = await startTestCollector({ atEnd });
  const { api, clock, url } = collector;
  for (const id of ["acme", "fresh", "other"]) await api("POST", "/customers", { id, name: id });
  await api("POST", "/plans", {
    version: 1,
    id: "standard",
    currency: "USD",
    meters: [
      { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
      { name: "seats", unit: "seat", aggregation: "max", scale: 0, billed: false },
    ],
    lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
  });
  const contract = async (id: string, cycle: object, from: string) => {
    const set = await api("PUT", `/contracts/${id}`, {
      version: 1,
      id,
      customer: id,
      plan: { id: "standard", version: 1 },
      term: { from, to: null },
      cycle,
      trial: { to: "2026-01-20T00:00:00Z" },
    });
    if (set.status !== 200) throw new Error(JSON.stringify(set.body));
  };
  await contract("acme", { every: "days", days: 7 }, "2026-01-05T00:00:00Z");
  await contract(
    "fresh",
    { every: "days", days: 30, anchor: "first_usage" },
    "2026-01-05T00:00:00Z",
  );
  const reports = [
    {
      id: "acme-1",
      hours: 48,
      usage: [
        line(monday, "one", "10"),
        line(monday + 23 * hour, "two", "5"),
        line(monday + 24 * hour, "one", "100"),
        peak(monday, "7"),
        peak(monday + hour, "9"),
        peak(monday + 24 * hour, "3"),
      ],
    },
    { id: "acme-2", hours: 12, usage: [line(monday, "two", "1"), peak(monday, "4")] },
  ];
  clock.moveTo(monday + 48 * hour);
  for (const [index, { id, hours, usage }] of reports.entries()) {
    const { body } = await api("POST", "/installations", {
      id,
      customer: "acme",
      enrolled: "2026-01-05",
    });
    const journal = openTestJournal({
      key: body.environment.TELEMETRY_HMAC_KEY as string,
      journal: testJournalId(index + 1),
      start: monday,
      seed: index + 1,
    });
    const sealed = journal.seal({ hours, usage });
    const { receipt } = await deliver(url, journal, sealed);
    if (receipt.outcome !== "accepted") throw new Error(JSON.stringify(receipt));
  }
  await api("PUT", "/roles/agent", { permissions: ["usage:read:own"], own_dimension: "agent" });
  tokens = {};
  for (const [name, customer, role, member] of [
    ["viewer", "acme", "viewer", undefined],
    ["one", "acme", "agent", "one"],
    ["fresh", "fresh", "viewer", undefined],
  ] as const) {
    const { body } = await api("POST", `/customers/${customer}/tokens`, {
      name,
      role,
      ...(member && { member }),
    });
    tokens[name] = body.token as string;
  }
});
afterAll(end);

function line(at: number, agent: string, quantity: string) {
  return { ...requestsLine(at, quantity), dimensions: { agent } };
}
function peak(at: number, quantity: string) {
  return { ...requestsLine(at, quantity), meter: "seats", dimensions: {} };
}

async function as(token: string | undefined, path: string) {
  const answer = await fetch(`${collector.url}/api/v1${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: answer.status, body: (await answer.json()) as any };
}
const ask = async (path: string) => (await collector.api("GET", path)).body;

describe("usage of a span", () => {
  test("given by dates takes in all of the last day", async () => {
    const one = await ask("/usage?from=2026-01-05&to=2026-01-05&customer=acme&meter=requests");
    expect(one.totals).toEqual({ requests: "16" });
    expect([one.from, one.to]).toEqual(["2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"]);
    const instants = "from=2026-01-05T00:00:00Z&to=2026-01-06T00:00:00Z";
    expect((await ask(`/usage?${instants}&customer=acme&meter=requests`)).totals).toEqual({
      requests: "16",
    });
  });

  test("comes with daily totals, and totals by each dimension's values", async () => {
    const answer = await ask("/usage?from=2026-01-05&to=2026-01-06&customer=acme");
    expect(answer.rows).toEqual([
      { at: "2026-01-05T00:00:00Z", customer: "acme", meter: "requests", quantity: "16" },
      { at: "2026-01-05T00:00:00Z", customer: "acme", meter: "seats", quantity: "11" },
      { at: "2026-01-06T00:00:00Z", customer: "acme", meter: "requests", quantity: "100" },
      { at: "2026-01-06T00:00:00Z", customer: "acme", meter: "seats", quantity: "3" },
    ]);
    // Of a peak the greatest hour: 7 and 4 at once.
    expect(answer.totals).toEqual({ requests: "116", seats: "11" });
    expect(answer.breakdown).toEqual([
      { meter: "requests", dimension: "agent", value: "one", quantity: "110" },
      { meter: "requests", dimension: "agent", value: "two", quantity: "6" },
    ]);
  });

  test("says from whom nothing is known and since when: missing is not zero", async () => {
    const answer = await ask("/usage?from=2026-01-05&to=2026-01-06&customer=acme");
    expect(answer).toMatchObject({
      state: "counted",
      complete: false,
      unknown: [{ installation: "acme-2", from: "2026-01-05T12:00:00Z", never_reported: false }],
    });
    const known = await ask(
      "/usage?from=2026-01-05T00:00:00Z&to=2026-01-05T12:00:00Z&customer=acme",
    );
    expect(known).toMatchObject({ complete: true, unknown: [] });
    const nobody = await ask("/usage?from=2026-01-05&to=2026-01-06");
    expect(nobody).toMatchObject({ breakdown: null, totals: { requests: "116" } });
  });

  test("that no contract bills stands apart, whoever is asked for", async () => {
    const at = "2026-01-05T00:00:00Z";
    await collector.api("PUT", "/contracts/acme-later", {
      version: 1,
      id: "acme-later",
      customer: "other",
      plan: { id: "standard", version: 1 },
      term: { from: "2026-02-05T00:00:00Z", to: null },
      cycle: { every: "month" },
    });
    const body = { customer: "other", from: "2026-01-06T12:00:00Z" };
    expect((await collector.api("POST", "/installations/acme-2/assignments", body)).status).toBe(
      201,
    );
    await collector.database.query(
      `insert into usage_windows (installation_id, journal, window_start, lines)
       values ('acme-2', $1, '2026-01-06T13:00:00Z', array['2 requests {}'])`,
      [testJournalId(2)],
    );
    for (const customer of ["", "&customer=other"]) {
      const answer = await ask(`/usage?from=${at}&to=2026-01-07T00:00:00Z${customer}`);
      expect(answer.unbilled).toMatchObject([
        { customer: "other", meter: "requests", quantity: "2", code: "before_contract" },
      ]);
    }
    expect((await ask(`/usage?from=${at}&to=2026-01-07T00:00:00Z&customer=acme`)).unbilled).toEqual(
      [],
    );
  });

  test("comes in pages, each row once", async () => {
    const all = await ask("/usage?from=2026-01-05&to=2026-01-06&by=hour&group=dimensions");
    const seen: unknown[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: { rows: unknown[]; next: string | null } = await ask(
        `/usage?from=2026-01-05&to=2026-01-06&by=hour&group=dimensions&limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      seen.push(...page.rows);
      cursor = page.next;
    }
    expect(all.next).toBeNull();
    expect(seen).toEqual(all.rows);
    expect(seen.length).toBeGreaterThan(6);
  });

  test.each([
    ["from alone", "from=2026-01-05"],
    ["an end before its start", "from=2026-01-07&to=2026-01-05"],
    ["a cycle of nobody", "cycle=current"],
  ])("%s is refused with the next step", async (_given, query) => {
    const answer = await collector.api("GET", `/usage?${query}`);
    expect([answer.status, answer.body.code]).toEqual([400, "span_malformed"]);
  });
});

describe("a customer's person", () => {
  test("sees the usage of his customer without naming it", async () => {
    const { body } = await as(
      tokens["viewer"],
      "/usage?from=2026-01-05&to=2026-01-05&meter=requests",
    );
    expect(body.totals).toEqual({ requests: "16" });
  });

  test("who may see his own sees the lines with his name alone, and nothing of the others", async () => {
    const { body } = await as(tokens["one"], "/usage?from=2026-01-05&to=2026-01-06");
    expect(body.totals).toEqual({ requests: "110" });
    expect(body.quarantined).toBeNull();
    expect(JSON.stringify(body)).not.toContain("two");
    expect((await as(tokens["one"], "/invoices")).status).toBe(403);
  });
});

describe("cycles", () => {
  test("are listed with the one that runs, and may be asked for by name or start", async () => {
    const { body } = await as(tokens["viewer"], "/cycles");
    expect(body).toMatchObject({
      state: "running",
      items: [
        {
          number: 1,
          from: "2026-01-05T00:00:00Z",
          to: "2026-01-12T00:00:00Z",
          current: true,
          closed: false,
        },
      ],
    });
    for (const cycle of ["current", "2026-01-05"]) {
      const usage = await as(tokens["viewer"], `/usage?cycle=${cycle}&by=total&meter=requests`);
      expect(usage.body).toMatchObject({ to: "2026-01-12T00:00:00Z", totals: { requests: "116" } });
    }
    const none = await as(tokens["viewer"], "/usage?cycle=previous");
    expect([none.status, none.body.code]).toEqual([404, "cycle_unknown"]);
  });

  test("that begin with the first usage have not started before: no usage yet, which is no zero", async () => {
    expect((await as(tokens["fresh"], "/cycles")).body).toEqual({
      state: "not_started",
      items: [],
      next: null,
    });
    expect((await as(tokens["fresh"], "/usage?cycle=current")).body).toMatchObject({
      state: "not_started",
      from: null,
      totals: {},
      complete: null,
    });
    expect((await as(tokens["fresh"], "/account")).body).toMatchObject({
      status: "not_started",
      status_text: "No usage yet",
      next_billing_at: null,
    });
  });
});

describe("an account", () => {
  test("shows plan, status and next billing date", async () => {
    expect(await ask("/account?customer=acme")).toMatchObject({
      customer: "acme",
      status: "trial",
      status_text: "Trial",
      plan: { id: "standard", version: 1 },
      next_billing_at: "2026-01-12T00:00:00Z",
      trial_ends_at: "2026-01-20T00:00:00Z",
    });
  });
});

describe("the breakdown of all customers", () => {
  test("shows each beside the total of all, in pages", async () => {
    const answer = await ask(
      "/admin/billing/usage-breakdown?from=2026-01-05&to=2026-01-05&dimension=agent",
    );
    expect(answer.totals).toEqual({ requests: "16", seats: "11" });
    expect(answer.items).toEqual([
      {
        customer: "acme",
        name: "acme",
        totals: { requests: "16", seats: "11" },
        adjusted: {},
        breakdown: [
          { meter: "requests", value: "one", quantity: "10" },
          { meter: "requests", value: "two", quantity: "6" },
        ],
      },
      { customer: "fresh", name: "fresh", totals: {}, adjusted: {}, breakdown: [] },
      { customer: "other", name: "other", totals: {}, adjusted: {}, breakdown: [] },
    ]);
  });
});
