/** What is told of usage: held reports, days that collapsed or exploded, thresholds that were crossed; each once. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatInstant, parseInstant, secondsPerDay } from "@submeter/shared/time/instant";
import { refreshFleetStates } from "../fleet/refresh-states.ts";
import { listEvents } from "../store/events.ts";
import {
  agree,
  contractOf,
  enrol,
  freshLife,
  type JournalOf,
  type Life,
  newJournal,
  report,
  requestsPlan,
} from "./contract-life.fixture.ts";
import { fleetTerms } from "./fleet-terms.ts";
import { tellOfUsage } from "./usage-events.ts";

let life: Life;
let journal: JournalOf;

beforeEach(async () => {
  await begin({ included: "10000", thresholds: ["50", "80", "100"] });
});
afterEach(async () => {
  await life.close();
});

/** The customer's contract on a plan with one line, whose quota is given. */
async function begin(quota: object): Promise<void> {
  life = await freshLife("2026-01-01T00:00:00Z");
  const line = { id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" };
  await agree(life, contractOf("acme"), { ...requestsPlan, lines: [{ ...line, ...quota }] });
  await enrol(life, "acme-eu", "acme", "2026-01-01T00:00:00Z");
  journal = newJournal("acme-eu");
}

const dayAt = (index: number) => parseInstant("2026-01-01T00:00:00Z") + index * secondsPerDay;

/** One report for each of the days; the clock then stands an hour after them. */
async function daysOf(from: number, ...requests: number[]): Promise<void> {
  for (const [index, count] of requests.entries()) {
    const [start, end] = [dayAt(from + index), dayAt(from + index + 1)];
    life.moveTo(formatInstant(end + 3600));
    await report(life, journal, {
      from: formatInstant(start),
      to: formatInstant(end),
      requests: count,
    });
    await look();
  }
}

async function look(): Promise<void> {
  const { database } = life;
  await refreshFleetStates({ database, clock: life.context.clock, terms: fleetTerms });
  await tellOfUsage(life.context);
}

async function told(type: string): Promise<Record<string, any>[]> {
  const page = { after: null, limit: 100 };
  const rows = await listEvents(life.database, { type, customer: "acme" }, page);
  return rows.map(({ payload }) => (JSON.parse(payload) as { data: object }).data).toReversed();
}

describe("a day of usage beside the four weeks before it", () => {
  test("is told when it falls by 80 % or rises fivefold, and not before all of it is proven", async () => {
    await daysOf(0, 240, 240, 240, 240, 240, 240, 240, 49);
    expect(await told("usage.anomaly")).toEqual([]);
    await daysOf(8, 43);
    // (7 × 240 + 49) / 8 = 216.125; a fifth of it is 43.225.
    expect(await told("usage.anomaly")).toEqual([
      {
        installation: "acme-eu",
        customer: "acme",
        meter: "requests",
        day: "2026-01-09",
        kind: "collapse",
        quantity: "43",
        usual: "216.125",
        usual_days: 8,
      },
    ]);
    // Silent since: nothing is known, and nothing is told.
    life.moveTo("2026-01-12T00:00:00Z");
    await look();
    expect(await told("usage.anomaly")).toHaveLength(1);
    await daysOf(9, 200, 3000);
    expect((await told("usage.anomaly")).map(({ day, kind }) => [day, kind])).toEqual([
      ["2026-01-09", "collapse"],
      ["2026-01-11", "explosion"],
    ]);
  });
});

describe("days that are reported late, many at once", () => {
  test("are looked at each by itself", async () => {
    await daysOf(0, 240, 240, 240, 240, 240, 240, 240);
    life.moveTo("2026-01-12T09:00:00Z");
    for (const [index, requests] of [240, 24, 240, 2400].entries()) {
      const [from, to] = [formatInstant(dayAt(7 + index)), formatInstant(dayAt(8 + index))];
      await report(life, journal, { from, to, requests });
    }
    await look();
    expect((await told("usage.anomaly")).map(({ day, kind }) => [day, kind])).toEqual([
      ["2026-01-09", "collapse"],
      ["2026-01-11", "explosion"],
    ]);
    await look();
    expect(await told("usage.anomaly")).toHaveLength(2);
  });
});

describe("a quota's thresholds", () => {
  test("are told as they are crossed, once a period, as the plan says", async () => {
    await daysOf(0, 4999);
    expect(await told("usage.threshold_reached")).toEqual([]);
    await daysOf(1, 1);
    expect(await told("usage.threshold_reached")).toEqual([
      {
        customer: "acme",
        contract: "acme",
        line: "requests",
        meter: "requests",
        unit: "request",
        percent: "50",
        used: "5000",
        of: "10000",
        per: "period",
        from: "2026-01-01T00:00:00Z",
        to: "2026-02-01T00:00:00Z",
      },
    ]);
    await daysOf(2, 500, 2600, 4000, 100);
    expect(
      (await told("usage.threshold_reached")).map(({ percent, used }) => [percent, used]),
    ).toEqual([
      ["50", "5000"],
      ["80", "8100"],
      ["100", "12100"],
    ]);
  });
});

describe("a threshold that is crossed in a span's last hours, which are reported after it", () => {
  test("is told of the period that ended and is not closed yet", async () => {
    await daysOf(0, 7999);
    life.moveTo("2026-02-01T00:05:00Z");
    await report(life, journal, {
      from: "2026-01-02T00:00:00Z",
      to: "2026-02-01T00:00:00Z",
      requests: 1,
      windows: { from: "2026-01-31T23:00:00Z", to: "2026-02-01T00:00:00Z" },
    });
    await look();
    const all = await told("usage.threshold_reached");
    expect(all.map(({ percent, used, from }) => [percent, used, from])).toEqual([
      ["50", "7999", "2026-01-01T00:00:00Z"],
      ["80", "8000", "2026-01-01T00:00:00Z"],
    ]);
  });

  test("is told of the day that is over, once, also days later", async () => {
    await life.close();
    await begin({ included: { quantity: "9000", per: "day" }, thresholds: ["100"] });
    await daysOf(0, 8999);
    life.moveTo("2026-01-05T12:00:00Z");
    await report(life, journal, {
      from: "2026-01-02T00:00:00Z",
      to: "2026-01-05T12:00:00Z",
      requests: 1,
      windows: { from: "2026-01-01T23:00:00Z", to: "2026-01-02T00:00:00Z" },
    });
    await look();
    await look();
    expect(
      (await told("usage.threshold_reached")).map(({ percent, used, from, to }) => [
        percent,
        used,
        from,
        to,
      ]),
    ).toEqual([["100", "9000", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]]);
  });
});

test("a held report is told once, with the reason for which it is held", async () => {
  life.moveTo("2026-01-02T01:00:00Z");
  await report(life, journal, {
    from: "2026-01-01T00:00:00Z",
    to: "2026-01-02T00:00:00Z",
    requests: 240,
    outcome: "quarantined",
  });
  await look();
  await look();
  expect(await told("report.quarantined")).toEqual([
    {
      installation: "acme-eu",
      customer: "acme",
      journal: journal.journal,
      sequence: 1,
      code: "key_compromised",
    },
  ]);
});

test("an attested shutdown is told once, with what the customer says of it", async () => {
  life.moveTo("2026-01-02T01:00:00Z");
  const attested = {
    from: "2026-01-02T01:00:00Z",
    until: "2026-01-09T00:00:00Z",
    reason: "the plant is moved",
    by: "M. Keller",
  };
  await report(life, journal, {
    from: "2026-01-01T00:00:00Z",
    to: "2026-01-02T00:00:00Z",
    requests: 240,
    shutdowns: [attested],
  });
  await look();
  await look();
  const { by, ...rest } = attested;
  expect(await told("installation.shutdown_attested")).toEqual([
    {
      installation: "acme-eu",
      customer: "acme",
      shutdown: expect.any(Number),
      ...rest,
      stated_by: by,
    },
  ]);
});
