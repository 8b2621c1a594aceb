/** What stands for hours that nobody counted, by itself: which rows of whose journal it is taken from, and what it says of them. */

import { describe, expect, test } from "vitest";
import type { PlanDocument, PlanMeter } from "../contracts/plan.ts";
import type { HourRange, HoursOfJournal, HoursOfPeriod } from "../coverage/hours-of-period.ts";
import { format } from "../numbers/decimal.ts";
import { heldAcrossGaps } from "./across-gap.ts";
import type { EstimatedUsage } from "./estimate.ts";
import { estimateUsage } from "./estimate.ts";
import { lastKnownValues } from "./last-known.ts";
import { missingPart, unestimatedPart } from "./missing-hours.ts";
import { contractOf, inputsOf, requestsPlan } from "./rating.fixture.ts";
import type { StatementInputs, UsageRow } from "./statement-inputs.ts";

const meters: readonly PlanMeter[] = [
  { name: "held", unit: "GiB-second", aggregation: "time_weighted", scale: 0 },
  { name: "stored", unit: "GiB-second", aggregation: "time_weighted", scale: 0 },
  { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
  { name: "seats", unit: "seat", aggregation: "max", scale: 0, over_period: "sum" },
  { name: "peak", unit: "seat", aggregation: "max", scale: 0 },
];
const plan: PlanDocument = {
  ...requestsPlan,
  meters: [...meters],
  lines: meters.map(({ name }) => ({ id: name, kind: "usage", meter: name, unit_price: "1" })),
};

const counts = { expected: 744, counted: 0, pending: 0, uncounted: 0, excused: 0, overdue: 0 };
const hour = (text: string) => `2026-01-${text}:00:00Z`;
const gap = (from: string, to: string): HourRange => [hour(from), hour(to)];

function journalOf(
  journal: string,
  missing: readonly HourRange[],
  change: Partial<HoursOfJournal> = {},
): HoursOfJournal {
  return { ...counts, journal, missing, history: null, ...change };
}

function inputsWith(
  sites: Readonly<Record<string, readonly HoursOfJournal[]>>,
  usage: readonly UsageRow[],
  change: Partial<StatementInputs> = {},
): StatementInputs {
  const hours: HoursOfPeriod = {
    evaluated_to: "2026-02-01T00:00:00Z",
    total: counts,
    installations: Object.entries(sites).map(([installation, journals]) => ({
      ...counts,
      installation,
      missing: journals.flatMap(({ missing }) => missing),
      journals,
    })),
  };
  const contract = contractOf({ across_gap: { held: "hold", stored: "zero", requests: "hold" } });
  const inputs = inputsOf({ plan, contract, now: "3 Feb", installations: [] });
  return { ...inputs, hours, usage, ...change };
}

function row(at: string, quantity: string, change: Partial<UsageRow> = {}): UsageRow {
  const window = hour(at);
  return {
    installation: "site",
    journal: "a",
    window,
    meter: "held",
    dimensions: {},
    quantity,
    ...change,
  };
}

const shown = (found: readonly EstimatedUsage[]) =>
  found.map(({ installation, journal, meter, dimensions, quantity, note }) =>
    [
      [installation, journal, meter, ...Object.values(dimensions)].join("/"),
      format(quantity),
      note,
    ].join(" | "),
  );

describe("a gauge that the contract holds", () => {
  test("stands at the hour before the gap, each journal by its own rows", () => {
    const inputs = inputsWith(
      {
        site: [journalOf("a", [gap("10T04", "10T06")]), journalOf("b", [gap("10T05", "10T06")])],
        other: [journalOf("a", [gap("10T04", "10T05")])],
      },
      [
        row("10T02", "900"),
        row("10T03", "3600", { dimensions: { disk: "fast" } }),
        row("10T03", "1200"),
        row("10T06", "7"),
        row("10T03", "1", { journal: "b" }),
        row("10T04", "50", { journal: "b" }),
        row("10T03", "11", { installation: "other" }),
        row("10T03", "5", { meter: "stored" }),
        row("10T03", "6", { meter: "requests" }),
      ],
    );
    const note = (quantity: string, at: string, hours: string, whose: string) =>
      `${quantity} in the hour of ${hour(at)} × ${hours} hours without the agent, ${whose}`;
    expect(shown(heldAcrossGaps(inputs))).toEqual([
      `other/a/held | 11 | ${note("11", "10T03", "1", "other, journal a")}`,
      `site/a/held/fast | 7200 | ${note("3,600", "10T03", "2", "site, journal a")}`,
      `site/a/held | 2400 | ${note("1,200", "10T03", "2", "site, journal a")}`,
      `site/b/held | 50 | ${note("50", "10T04", "1", "site, journal b")}`,
    ]);
  });

  test("stands at the hour behind a gap that nothing was counted before", () => {
    const inputs = inputsWith({ site: [journalOf("a", [gap("01T00", "01T03")])] }, [
      row("01T03", "20"),
      row("01T04", "99"),
    ]);
    expect(shown(heldAcrossGaps(inputs))).toEqual([
      `site/a/held | 60 | 20 in the hour of ${hour("01T03")} × 3 hours without the agent, site, journal a`,
    ]);
  });

  test("over several gaps is their sum, with each of them named", () => {
    const inputs = inputsWith(
      { site: [journalOf("a", [gap("02T00", "02T01"), gap("03T00", "03T02")])] },
      [row("01T23", "10"), row("02T23", "30")],
    );
    expect(shown(heldAcrossGaps(inputs))).toEqual([
      `site/a/held | 70 | 10 in the hour of ${hour("01T23")} × 1 hours without the agent, site, journal a; ` +
        `30 in the hour of ${hour("02T23")} × 2 hours without the agent, site, journal a (70 together)`,
    ]);
  });

  test("keeps the meter's scale", () => {
    const scaled = {
      ...plan,
      meters: meters.map((meter) => (meter.name === "held" ? { ...meter, scale: 2 } : meter)),
    };
    const inputs = inputsWith(
      { site: [journalOf("a", [gap("02T00", "02T03")])] },
      [row("01T23", "0.25")],
      { plan: scaled },
    );
    expect(heldAcrossGaps(inputs).map(({ quantity }) => format(quantity))).toEqual(["0.75"]);
  });
});

describe("the last known value", () => {
  const seats = (at: string, quantity: string, change: Partial<UsageRow> = {}) =>
    row(at, quantity, { meter: "seats", ...change });
  const silent = { site: [journalOf("a", [gap("10T04", "10T06")]), journalOf("b", [])] };

  test("of each dimension set stands in each missing hour, of the journal that is missing", () => {
    const usage = [
      seats("10T03", "100", { journal: "b" }),
      seats("10T03", "1000", { installation: "other" }),
      seats("10T03", "4"),
      seats("10T02", "9"),
      seats("09T00", "2", { dimensions: { team: "x" } }),
      seats("10T06", "50"),
    ];
    expect(shown(lastKnownValues(inputsWith(silent, usage)))).toEqual([
      "//seats/x | 4 | the last known value in 2 missing hours",
      "//seats | 8 | the last known value in 2 missing hours",
    ]);
  });

  test("is nothing where nothing is missing, or was known before it", () => {
    expect(
      lastKnownValues(inputsWith({ site: [journalOf("a", [])] }, [seats("10T03", "4")])),
    ).toEqual([]);
    expect(lastKnownValues(inputsWith(silent, [seats("10T04", "4")]))).toEqual([]);
    expect(lastKnownValues(inputsWith(silent, []))).toEqual([]);
  });

  test("is only of greatest values that say which figure of the period counts", () => {
    const usage = [row("10T03", "4"), row("10T03", "4", { meter: "peak" })];
    expect(lastKnownValues(inputsWith(silent, usage))).toEqual([]);
  });
});

describe("an estimate", () => {
  const history = { from: hour("01T00"), to: hour("10T04"), counted_hours: 100, counted: [] };
  const of = (meter: string, quantity: string, change = {}) => ({
    installation: "site",
    journal: "a",
    meter,
    dimensions: {},
    quantity,
    ...change,
  });
  const rows = [
    of("requests", "1050"),
    of("seats", "900"),
    of("peak", "900"),
    of("requests", "500", { journal: "b" }),
    of("requests", "500", { journal: "c" }),
    of("requests", "500", { installation: "other" }),
    of("unknown", "500"),
  ];
  const sites = {
    site: [
      journalOf("a", [gap("10T04", "10T07")], { uncounted: 1, overdue: 2, history }),
      journalOf("b", [], { history }),
      journalOf("c", [gap("10T04", "10T07")], {
        uncounted: 3,
        history: { ...history, counted_hours: 71 },
      }),
    ],
  };

  test("is the mean of counted hours × the missing ones, floored, where there is history enough", () => {
    expect(shown(estimateUsage(inputsWith(sites, [], { history: rows })))).toEqual([
      "site/a/requests | 31 | 1,050 in 100 counted hours × 3 missing hours, site, journal a",
    ]);
  });

  test("leaves to the share what no history can estimate, no hour of it twice", () => {
    const { hours } = inputsWith(sites, []);
    const missing = {
      ...hours,
      installations: hours.installations.map((one) => ({
        ...one,
        missing: [gap("10T03", "10T09")],
      })),
    };
    // Of 6 missing hours journal a estimates 3, which c without history is missing, too.
    expect(unestimatedPart(missing, {})).toMatchObject({
      part: { numerator: 1n, denominator: 124n },
      note: "6 of 744 installation-hours missing that no history can estimate",
    });
    const only = {
      ...missing,
      installations: missing.installations.map((one) => ({
        ...one,
        journals: one.journals.slice(0, 2),
      })),
    };
    expect(unestimatedPart(only, {})).toMatchObject({
      part: { numerator: 1n, denominator: 248n },
      note: "3 of 744 installation-hours missing that no history can estimate",
    });
  });
});

describe("missing hours by the weights of a contract", () => {
  const { hours } = inputsWith({ big: [], small: [] }, []);
  const some: HoursOfPeriod = {
    ...hours,
    installations: hours.installations.map((one) => ({
      ...one,
      expected: 100,
      uncounted: one.installation === "big" ? 10 : 0,
    })),
  };
  test.each([
    { weights: {}, part: "1/20", note: "10 of 744 installation-hours missing" },
    {
      weights: { big: "3" },
      part: "3/40",
      note: "10 of 744 installation-hours missing, as the contract weighs them",
    },
    {
      weights: { big: "0", small: "0" },
      part: "1/20",
      note: "10 of 744 installation-hours missing, as the contract weighs them",
    },
    {
      weights: { big: "0" },
      part: "0/1",
      note: "10 of 744 installation-hours missing, as the contract weighs them",
    },
  ])("$weights: $part", ({ weights, part, note }) => {
    const found = missingPart(some, weights);
    expect(`${found.part.numerator}/${found.part.denominator}`).toBe(part);
    expect(found.note).toBe(note);
  });

  test("are none where no hour is expected", () => {
    const none = {
      ...some,
      installations: some.installations.map((one) => ({ ...one, expected: 0 })),
    };
    expect(missingPart(none, {}).part.numerator).toBe(0n);
  });
});
