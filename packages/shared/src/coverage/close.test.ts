import { describe, expect, test } from "vitest";
import type { Situation } from "../rating/rating.fixture.ts";
import {
  at,
  closeOf,
  contractOf,
  installationOf,
  journalOf,
  span,
} from "../rating/rating.fixture.ts";
import type { JournalFacts } from "./hour-facts.ts";

function january(
  now: string,
  change: Partial<Situation>,
  ...journals: readonly Partial<JournalFacts>[]
) {
  const installation = installationOf({
    journals: journals.map((journal, index) => journalOf({ journal: `${index}`, ...journal })),
  });
  return closeOf({ contract: contractOf(), now, installations: [installation], ...change });
}

const silent = { coverage: [span("1 Jan", "29 Jan")] };
const held = {
  coverage: [span("1 Jan", "28 Jan"), span("1 Feb", "10 Feb")],
  held: [{ interval: span("28 Jan", "1 Feb"), recordedAt: at("1 Feb 12:00") }],
};

describe("January closes at the latest", () => {
  test.each([
    { given: "72 h after its end", change: {}, journal: silent, now: "1 Feb", latest: "4 Feb" },
    {
      given: "at the end of its grace, when that is later",
      change: { contract: contractOf({ grace_hours: 120 }) },
      journal: silent,
      now: "1 Feb",
      latest: "6 Feb",
    },
    {
      given: "later by the outage since its end",
      change: { outages: [span("30 Jan", "2 Feb")] },
      journal: silent,
      now: "2 Feb",
      latest: "5 Feb",
    },
    {
      given: "but by no more than 14 days of it, and the quiet time",
      change: { outages: [span("1 Feb", "21 Feb")] },
      journal: silent,
      now: "21 Feb",
      latest: "22 Feb",
    },
    {
      given: "14 days after a held report was recorded",
      change: {},
      journal: held,
      now: "2 Feb",
      latest: "15 Feb 12:00",
    },
  ])("$given", ({ change, journal, now, latest }) => {
    expect(january(now, change, journal).latest).toBe(at(latest));
  });

  test("a hand-over that counts is no obstacle beside a journal that is awaited", () => {
    const status = january(
      "2 Feb",
      {},
      { coverage: [span("1 Jan", "31 Jan 10:30")], expectedTo: at("31 Jan 10:30") },
      { coverage: [span("31 Jan 10:30", "31 Jan 20:00")] },
    );
    expect(status.obstacles).toEqual([
      {
        code: "awaiting_reports",
        until: at("3 Feb 20:00"),
        installation: "site",
        journal: "1",
        hours: 4,
      },
    ]);
  });

  test.each([
    { hours: 1, quiet: false },
    { hours: 2, quiet: true },
  ])("an outage of $hours h asks for a quiet day: $quiet", ({ hours, quiet }) => {
    const until = at("1 Feb 12:00") + hours * 3600;
    const outages = [{ from: at("1 Feb 12:00"), to: until }];
    const status = january("2 Feb", { outages }, { coverage: [span("1 Jan", "2 Feb")] });
    expect(status.closeable).toBe(!quiet);
  });

  test("a host whose clock is behind is awaited although its silence begins after its hours", () => {
    const lagging = {
      coverage: [span("1 Jan", "30 Jan 12:00")],
      expectedTo: at("1 Feb"),
      lagSeconds: 48 * 3600,
    };
    expect(january("2 Feb", {}, lagging)).toMatchObject({
      closeable: false,
      obstacles: [{ code: "awaiting_reports", until: at("4 Feb 12:00"), hours: 36 }],
      latest: at("4 Feb 12:00"),
    });
  });

  test("a running period says so", () => {
    expect(january("20 Jan", {}, { coverage: [span("1 Jan", "20 Jan")] }).obstacles).toEqual([
      { code: "period_runs", until: at("1 Feb") },
      { code: "grace", until: at("2 Feb") },
    ]);
  });
});
