/** What an installation's state turns into as time passes and reports come, and what is told of it, once. */

import { describe, expect, test } from "vitest";
import { formatInstant, parseInstant, secondsPerHour } from "@submeter/shared/time/instant";
import { startTestCollector, type TestCollector, testStart } from "../collector.fixture.ts";
import { askState, deliver, openTestJournal, testJournalId } from "../ingest/agent.fixture.ts";

const hour = secondsPerHour;

/** A customer with a contract that allows 72 hours of silence, and an installation that reported once, at the start. */
async function reportingOnce(terms: object = {}): Promise<Told> {
  const collector = await startTestCollector({ now: testStart + hour });
  const key = await collector.enrol("acme");
  const { api } = collector;
  await api("POST", "/plans", {
    version: 1,
    id: "requests",
    currency: "USD",
    meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
    lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
  });
  const agreed = await api("PUT", "/contracts/acme", {
    version: 1,
    id: "acme",
    customer: "customer-of-acme",
    plan: { id: "requests", version: 1 },
    term: { from: "2026-01-01T00:00:00Z", to: null },
    cycle: { every: "month" },
    minimum: { amount: "100" },
    fallback: "floor",
    ...terms,
  });
  expect(agreed.status).toBeLessThan(300);
  const journal = openTestJournal({ key, journal: testJournalId(1), start: testStart });
  await deliver(collector.url, journal, journal.seal());
  return { collector, journal };
}
type Told = { collector: TestCollector; journal: ReturnType<typeof openTestJournal> };

async function moveTo(
  collector: TestCollector,
  seconds: number,
  available = true,
  settle = true,
): Promise<void> {
  const answer = await fetch(`${collector.url}/dev/clock`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${collector.token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ now: formatInstant(testStart + seconds), settle, available }),
  });
  expect(answer.status).toBe(200);
}

async function itemOf(collector: TestCollector) {
  const { body } = await collector.api("GET", "/fleet");
  return body.items[0];
}

async function toldOf(collector: TestCollector): Promise<string[]> {
  const { body } = await collector.api("GET", "/events?type=installation.*");
  return body.items
    .map(({ type, payload }: { type: string; payload: { data: { hours_left?: number } } }) =>
      [type.replace("installation.", ""), payload.data.hours_left].filter(Boolean).join(" "),
    )
    .toReversed();
}

describe("an installation that falls silent", () => {
  test("is late, nears the minimum at 24, 48 and 60 hours, is offline after 72, and recovers: each told once", async () => {
    const { collector, journal } = await reportingOnce();
    await moveTo(collector, 2 * hour);
    expect(await itemOf(collector)).toMatchObject({
      state: "reporting",
      fallback_from: formatInstant(testStart + 73 * hour),
    });
    expect(await toldOf(collector)).toEqual([]);

    await moveTo(collector, 5 * hour);
    expect((await itemOf(collector)).state).toBe("late");
    for (const at of [25, 26, 49, 61, 73]) await moveTo(collector, at * hour);
    expect((await itemOf(collector)).state).toBe("late");
    await moveTo(collector, 73 * hour + 1);
    await moveTo(collector, 74 * hour);
    expect(await itemOf(collector)).toMatchObject({ state: "offline", silent_seconds: 73 * hour });

    await deliver(collector.url, journal, journal.seal({ hours: 74 }));
    await moveTo(collector, 75 * hour);
    expect((await itemOf(collector)).state).toBe("reporting");
    expect(await toldOf(collector)).toEqual([
      "late",
      "minimum_approaching 48",
      "minimum_approaching 24",
      "minimum_approaching 12",
      "offline",
      "recovered",
    ]);
    const { body } = await collector.api("GET", "/events?type=installation.offline");
    expect(body.items[0].payload.data).toEqual({
      installation: "acme",
      customer: "customer-of-acme",
      state: "offline",
      covered_up_to: formatInstant(testStart + hour),
      silent_from: formatInstant(testStart + hour),
      silent_seconds: 72 * hour + 1,
      minimum_starts_at: formatInstant(testStart + 73 * hour),
    });
  });

  test("by design, because it is carried out once a month, is late when three days are left of its time", async () => {
    const { collector } = await reportingOnce({ report_due_hours: 35 * 24 });
    const due = 1 + 35 * 24;
    for (const at of [5, 49, 400, due - 72]) {
      await moveTo(collector, at * hour);
      expect({ at, state: (await itemOf(collector)).state }).toEqual({ at, state: "reporting" });
    }
    expect(await toldOf(collector)).toEqual([]);
    await moveTo(collector, (due - 71) * hour);
    expect((await itemOf(collector)).state).toBe("late");
    for (const left of [47, 23, 11]) await moveTo(collector, (due - left) * hour);
    await moveTo(collector, due * hour + 1);
    expect((await itemOf(collector)).state).toBe("offline");
    expect(await toldOf(collector)).toEqual([
      "late",
      "minimum_approaching 48",
      "minimum_approaching 24",
      "minimum_approaching 12",
      "offline",
    ]);
  });

  test("before its first report is told of, too, when its contract expects one", async () => {
    const { collector } = await reportingOnce({ first_report_by: "2026-01-10T00:00:00Z" });
    const { body } = await collector.api("POST", "/installations", {
      id: "acme-late",
      customer: "customer-of-acme",
      enrolled: formatInstant(testStart),
    });
    const toldOfIt = async () => {
      const all = await collector.api("GET", "/events?type=installation.*");
      return all.body.items
        .filter(({ installation }: { installation: string }) => installation === "acme-late")
        .map(({ type, payload }: { type: string; payload: { data: { state: string } } }) => [
          type.replace("installation.", ""),
          payload.data.state,
        ])
        .toReversed();
    };
    const over = 5 * 24 + 72;
    for (const at of [24, 96, over - 47, over - 23, over - 11]) await moveTo(collector, at * hour);
    const approaching = ["minimum_approaching", "never_reported"];
    expect(await toldOfIt()).toEqual([approaching, approaching, approaching]);
    await moveTo(collector, over * hour);
    await moveTo(collector, (over + 1) * hour);
    expect((await toldOfIt()).slice(3)).toEqual([["offline", "never_reported"]]);
    const key = body.environment.TELEMETRY_HMAC_KEY as string;
    const start = testStart + over * hour;
    const journal = openTestJournal({ key, journal: testJournalId(2), start, seed: 2 });
    await deliver(collector.url, journal, journal.seal());
    await moveTo(collector, (over + 2) * hour);
    expect((await toldOfIt()).slice(4)).toEqual([["recovered", "reporting"]]);
  });

  test("is not late for hours in which the collector was not there", async () => {
    const { collector } = await reportingOnce();
    await moveTo(collector, 2 * hour);
    await moveTo(collector, 42 * hour, false);
    expect(await itemOf(collector)).toMatchObject({
      state: "reporting",
      silent_seconds: hour,
      fallback_from: formatInstant(testStart + 113 * hour),
    });
    expect(await toldOf(collector)).toEqual([]);
  });
});

test("a clock that is behind is told apart, and is no silence while reports arrive", async () => {
  const { collector, journal } = await reportingOnce();
  await moveTo(collector, 49 * hour);
  const behind = 47 * hour;
  const sealed = journal.seal({
    change: (report) => ({ ...report, agent: { ...report.agent, clock_skew_ms: -behind * 1000 } }),
  });
  await deliver(collector.url, journal, sealed);
  expect(await itemOf(collector)).toMatchObject({
    state: "skewed",
    last_covered: formatInstant(testStart + 2 * hour),
    silent_seconds: 0,
    clock_skew_ms: -behind * 1000,
  });
  const { fallback_from } = await itemOf(collector);
  expect(await askState(collector.url, journal, testStart + 49 * hour)).toMatchObject({
    covered_through: formatInstant(testStart + 2 * hour),
    fallback_at: fallback_from,
  });
});

test("two copies of one journal are told as a fork, and the disk that is nearly full is seen", async () => {
  const { collector, journal } = await reportingOnce();
  await moveTo(collector, 2 * hour);
  const key = await collector.api("POST", "/installations/acme/keys", { keep_active: true });
  const other = openTestJournal({
    key: key.body.environment.TELEMETRY_HMAC_KEY,
    journal: testJournalId(2),
    start: testStart + hour,
    replaces: { journal: testJournalId(1), sequence: null, digest: null, reason: "fork" },
    seed: 9,
  });
  await deliver(collector.url, other, other.seal());
  const full = journal.seal({
    hours: 1,
    change: (report) => ({ ...report, agent: { ...report.agent, disk_free_bytes: 1_000_000 } }),
  });
  await deliver(collector.url, journal, full);
  await moveTo(collector, 3 * hour);
  expect(await itemOf(collector)).toMatchObject({
    state: "forked",
    disk_free_bytes: 1_000_000,
    journals: { expected: 2, dead: 0 },
  });
  expect(await toldOf(collector)).toEqual(["forked"]);
});

describe("a fleet of many", () => {
  test("is counted, filtered, searched and paged, the troubled first", async () => {
    const { collector } = await reportingOnce();
    for (const id of ["beta-1", "beta-2", "gamma"]) await collector.enrol(id);
    const { api } = collector;
    const at = "2026-01-02T00:00:00Z";
    await api("POST", "/installations/gamma/retire", { at, reason: "switched off" });
    const listed = async (query = "") => {
      const { body } = await api("GET", `/fleet${query}`);
      return {
        counts: body.counts,
        names: body.items.map((item: any) => item.installation),
        next: body.next,
      };
    };
    expect(await listed()).toEqual({
      counts: { never_reported: 2, reporting: 1, retired: 1 },
      names: ["beta-1", "beta-2", "acme", "gamma"],
      next: null,
    });
    expect((await listed("?state=reporting,retired")).names).toEqual(["acme", "gamma"]);
    expect((await listed("?customer=customer-of-beta-2")).names).toEqual(["beta-2"]);
    expect(await listed("?search=eta-&state=retired")).toMatchObject({
      counts: { never_reported: 2 },
      names: [],
    });
    const first = await listed("?limit=3");
    expect(first.names).toEqual(["beta-1", "beta-2", "acme"]);
    expect((await listed(`?limit=3&cursor=${first.next}`)).names).toEqual(["gamma"]);
    expect((await api("GET", "/fleet?state=lazy")).body.code).toBe("fleet_state_unknown");
  });
});

describe("a fleet of more than a thousand", () => {
  /** Enrolled behind the API's back, so that nobody has looked at them yet. */
  async function withThousand(): Promise<Told> {
    const told = await reportingOnce();
    await told.collector.database.query(
      `insert into installations (id, enrolled_at, subject_routing, created_at)
       select 'site-' || lpad(i::text, 4, '0'), to_timestamp($1), false, to_timestamp($1)
       from generate_series(1, 1000) i`,
      [testStart],
    );
    return told;
  }
  const page = async ({ collector }: Told, query = "") =>
    (await collector.api("GET", `/fleet?limit=1${query}`)).body;

  test("says when it was counted, and shows rows of this moment all the same", async () => {
    const told = await withThousand();
    const { collector, journal } = told;
    expect(await page(told)).toMatchObject({ counted_at: null });
    await moveTo(collector, 5 * hour);
    const counted_at = formatInstant(testStart + 5 * hour);
    const [first] = (await page(told, "&search=acme")).items;
    expect(first).toMatchObject({ installation: "acme", state: "late" });
    expect(await page(told)).toMatchObject({
      counted_at,
      counts: { late: 1, never_reported: 1000 },
    });

    collector.clock.moveTo(testStart + 5 * hour + 30);
    await deliver(collector.url, journal, journal.seal({ hours: 4 }));
    expect(await page(told, "&search=acme")).toMatchObject({
      counted_at,
      items: [{ installation: "acme", state: "reporting", silent_seconds: 30 }],
    });
    expect((await page(told, "&state=late")).items).toEqual([]);
    expect((await collector.api("GET", "/today")).body.fleet_counted_at).toBe(counted_at);
  });

  test("is found late by the clock alone, before anybody looks at all of it", async () => {
    const told = await withThousand();
    await moveTo(told.collector, 2 * hour);
    await moveTo(told.collector, 5 * hour, true, false);
    expect(await page(told)).toMatchObject({
      counted_at: formatInstant(testStart + 2 * hour),
      counts: { late: 1, never_reported: 1000 },
    });
  });

  test("of which one is asked for finds that one anew, and no other", async () => {
    const told = await withThousand();
    const { collector } = told;
    const { body } = await collector.api("GET", "/fleet/site-0500?days=1");
    expect(body.item).toMatchObject({ installation: "site-0500", state: "never_reported" });
    const found = await collector.database.query("select from fleet_states");
    expect(found).toHaveLength(1);
  });
});

test("its calendar tells counted, uncounted, pending and overdue hours apart, day by day", async () => {
  const { collector, journal } = await reportingOnce();
  await moveTo(collector, 50 * hour);
  // Counted again from the 30th hour on: what lies between was not counted, by the agent's own word.
  await deliver(
    collector.url,
    journal,
    journal.seal({ hours: 35, coverage: [[testStart + 30 * hour, testStart + 36 * hour]] }),
  );
  const calendar = async () =>
    (await collector.api("GET", "/fleet/acme?days=400")).body.days.filter(
      ({ hours }: { hours: string }) => !/^\.*$/.test(hours),
    );
  expect(await calendar()).toEqual([
    { day: "2026-01-05", hours: `c${"u".repeat(23)}` },
    { day: "2026-01-06", hours: `${"u".repeat(6)}${"c".repeat(6)}${"p".repeat(12)}` },
    { day: "2026-01-07", hours: "pp" },
  ]);
  await moveTo(collector, 110 * hour);
  const late = await calendar();
  expect(late[1].hours).toBe(`${"u".repeat(6)}${"c".repeat(6)}${"o".repeat(12)}`);
  const { body } = await collector.api("GET", "/fleet/acme?days=2");
  expect(body.days.map(({ day }: { day: string }) => day)).toEqual(["2026-01-08", "2026-01-09"]);
  expect(parseInstant(body.item.fallback_from)).toBe(testStart + 108 * hour);
});
