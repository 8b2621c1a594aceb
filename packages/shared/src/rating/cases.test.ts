/**
 * The numbered cases of the billing rules, section 3, each with its amounts.
 *
 * Waiting for what they need: 10 (the entitlements of a product whose agent is gone), 11 (the anomaly alarm), 19 (volume
 * prices), 26 (`hold` in the agent), 31 (packs), 32 (pooled commitments), 37 (gauges held across a gap), 38 (`max` meters).
 * In the collector, which knows what was sent, paid and voided: 17, 28, 35, 36, and the other half of 20, 21, 24 and 34.
 */

import { describe, expect, test } from "vitest";
import { checkContract } from "../contracts/check-contract.ts";
import type { ContractDocument, FallbackPolicy } from "../contracts/contract.ts";
import type { PlanDocument } from "../contracts/plan.ts";
import { endless } from "../coverage/intervals.ts";
import { decimal } from "../numbers/decimal.ts";
import { correctionBetween } from "./correction.ts";
import { composeInvoice } from "./invoice.ts";
import type { Situation } from "./rating.fixture.ts";
import {
  at,
  closeOf,
  contractOf,
  installationOf,
  journalOf,
  requestsPlan,
  span,
  statementOf,
} from "./rating.fixture.ts";
import { judgeCorrection, settleCorrections } from "./settle-corrections.ts";

const policies: readonly FallbackPolicy[] = ["floor", "share", "estimate"];

function contractWith(fallback: FallbackPolicy, change: Partial<ContractDocument> = {}) {
  return contractOf({ minimum: { amount: "1000" }, fallback, ...change });
}

/** One installation with one journal that covers these spans. */
function siteCovering(...coverage: readonly (readonly [from: string, to: string])[]) {
  return installationOf({
    journals: [journalOf({ journal: "a", coverage: coverage.map(([from, to]) => span(from, to)) })],
  });
}

const silentFrom29 = siteCovering(["1 Jan", "29 Jan"]);
const whole = siteCovering(["1 Jan", "10 Mar"]);

/** A disk died after 264 h; its successor began with February. */
const diskDied = installationOf({
  journals: [
    journalOf({ journal: "a", coverage: [span("1 Jan", "12 Jan")], expectedTo: at("1 Feb") }),
    journalOf({ journal: "b", coverage: [span("1 Feb", "5 Feb")] }),
  ],
});

/** Host lost with its journal on 31 Jan 20:00, retired as of 4 Feb 20:00, when another took over. */
const hostLost = installationOf({
  journals: [
    journalOf({
      journal: "a",
      coverage: [span("1 Jan", "31 Jan 20:00")],
      expectedTo: at("4 Feb 20:00"),
    }),
    journalOf({ journal: "b", coverage: [span("4 Feb 20:00", "3 Mar")] }),
  ],
});

/** 71 h off and 1 h on, ten times, after 28 days of counting. */
const mostlyOff = installationOf({
  journals: [
    journalOf({
      journal: "a",
      coverage: [
        span("4 Mar", "1 Apr"),
        ...Array.from({ length: 10 }, (_, round) => {
          const from = at("1 Apr") + (round * 72 + 71) * 3600;
          return { from, to: from + 3600 };
        }),
      ],
    }),
  ],
});

type Priced = {
  readonly given: string;
  readonly situation: (fallback: FallbackPolicy) => Situation;
  readonly basis: string;
  readonly totals: readonly [floor: string, share: string, estimate: string];
};

const pricedCases: readonly Priced[] = [
  {
    given: "1: silent from 29 Jan 00:00, 60,000 requests known",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "2 Feb",
      installations: [silentFrom29],
      known: { "site/a": "60000" },
      history: { "site/a": "60000" },
    }),
    basis: "fallback",
    totals: ["1000.00", "1000.00", "1000.00"],
  },
  {
    given: "2: the same with even usage, 225,806 known",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "2 Feb",
      installations: [silentFrom29],
      known: { "site/a": "225806" },
      history: { "site/a": "225806" },
    }),
    basis: "fallback",
    totals: ["2258.06", "2354.83", "2499.99"],
  },
  {
    given: "3: exactly 72 h silent is not overdue, one second more is",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "2 Feb 00:00:01",
      installations: [siteCovering(["1 Jan", "30 Jan"])],
      known: { "site/a": "60000" },
      history: { "site/a": "60000" },
    }),
    basis: "fallback",
    totals: ["1000.00", "1000.00", "1000.00"],
  },
  {
    given: "4: a journal lost with its disk, 480 of 744 h never come",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "2 Feb",
      installations: [diskDied],
      known: { "site/a": "88710" },
      history: { "site/a": "88710" },
    }),
    basis: "fallback",
    totals: ["1000.00", "1532.26", "2500.00"],
  },
  {
    given: "5: a large customer, 360 of 744 h lost",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "4 Feb",
      installations: [siteCovering(["1 Jan", "17 Jan"])],
      known: { "site/a": "516129" },
      history: { "site/a": "516129" },
    }),
    basis: "fallback",
    totals: ["5161.29", "5645.16", "9999.99"],
  },
  {
    given: "6: one of three installations dead for 240 h",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "4 Feb",
      installations: [
        { ...whole, installation: "one" },
        { ...whole, installation: "two" },
        { ...siteCovering(["1 Jan", "22 Jan"]), installation: "three" },
      ],
      known: { "one/a": "112500", "two/a": "112500", "three/a": "16935" },
      history: { "three/a": "16935" },
    }),
    basis: "fallback",
    totals: ["2419.35", "2526.88", "2499.99"],
  },
  {
    given: "7: three installations, all silent all January, and no history",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "4 Feb",
      installations: ["one", "two", "three"].map((installation) =>
        installationOf({ installation, firstReportBy: at("1 Jan"), journals: [] }),
      ),
    }),
    basis: "fallback",
    totals: ["1000.00", "1000.00", "1000.00"],
  },
  {
    given: "8, January: a host lost on 31 Jan 20:00, 4 h of its gap",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "4 Feb",
      installations: [hostLost],
      known: { "site/a": "248656" },
      history: { "site/a": "225806" },
    }),
    basis: "fallback",
    totals: ["2486.56", "2491.94", "2500.00"],
  },
  {
    given: "8, February: the other 92 h of the same gap",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      during: "1 Feb",
      now: "2 Mar",
      installations: [hostLost],
      known: { "site/b": "215774" },
      history: { "site/a": "225806" },
    }),
    basis: "fallback",
    totals: ["2157.74", "2294.64", "2466.87"],
  },
  {
    given: "9: one installation, two nodes, one dies with its disk for 480 h",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "4 Feb",
      installations: [
        installationOf({
          journals: [
            journalOf({ journal: "a", coverage: [span("1 Jan", "4 Feb")] }),
            journalOf({ journal: "b", coverage: [span("1 Jan", "12 Jan")] }),
          ],
        }),
      ],
      known: { "site/a": "100000", "site/b": "53226" },
      history: { "site/b": "53226" },
    }),
    basis: "fallback",
    totals: ["1532.26", "2177.42", "2500.00"],
  },
  {
    given: "10: 71 h off and 1 h on, ten times in 30 days: 710 h uncounted in sum",
    situation: (fallback) => ({
      contract: contractWith(fallback, {
        cycle: { every: "days", days: 30, anchor: "2026-04-01T00:00:00Z" },
      }),
      during: "1 Apr",
      now: "2 May",
      installations: [mostlyOff],
      known: { "site/a": "13889" },
      history: { "site/a": "933333" },
    }),
    basis: "fallback",
    totals: ["1000.00", "1125.00", "9999.99"],
  },
  {
    given: "12: a quantity minimum lifts the meter, not the other lines",
    situation: (fallback) => ({
      plan: requestsAndStorage,
      contract: contractWith(fallback, { minimum: quantityMinimum }),
      now: "2 Feb",
      installations: [whole],
      usage: [{ quantity: "50000" }, { meter: "storage", quantity: "4000" }],
    }),
    basis: "measured",
    totals: ["1400.00", "1400.00", "1400.00"],
  },
  {
    given: "12, silent from 29 Jan: 50,000 + ⌊100,000 × 72/744⌋ is still below the minimum",
    situation: (fallback) => ({
      plan: requestsAndStorage,
      contract: contractWith(fallback, { minimum: quantityMinimum }),
      now: "2 Feb",
      installations: [silentFrom29],
      usage: [{ quantity: "50000" }, { meter: "storage", quantity: "4000" }],
      history: { "site/a": "50000" },
    }),
    basis: "fallback",
    totals: ["1400.00", "1400.00", "1400.00"],
  },
  {
    given:
      "12, silent from 29 Jan with 225,806 requests: the share is ⌊100,000 × 72/744⌋ = 9,677 of them",
    situation: (fallback) => ({
      contract: contractWith(fallback, { minimum: quantityMinimum }),
      now: "2 Feb",
      installations: [silentFrom29],
      known: { "site/a": "225806" },
      history: { "site/a": "225806" },
    }),
    basis: "fallback",
    totals: ["2258.06", "2354.83", "2499.99"],
  },
  {
    given: "13: 400 k of 1 M tokens short, at the price of a shortfall",
    situation: (fallback) => ({
      plan: tokensPlan,
      contract: contractWith(fallback, {
        plan: { id: "tokens", version: 1 },
        minimum: { meter: "tokens", quantity: "1000000", shortfall_price: "0.000006" },
      }),
      now: "2 Feb",
      installations: [whole],
      usage: [
        { meter: "tokens", dimensions: { direction: "input" }, quantity: "500000" },
        { meter: "tokens", dimensions: { direction: "output" }, quantity: "100000" },
      ],
    }),
    basis: "measured",
    // 500k × 0.003/1k + 100k × 0.015/1k + 400k × 0.006/1k
    totals: ["5.40", "5.40", "5.40"],
  },
  {
    given:
      "14: a contract from 15 Jan, silent 10 to 16 Jan: one day of the gap is its own, the minimum is 17/31",
    situation: (fallback) => ({
      contract: contractWith(fallback, { term: { from: "2026-01-15T00:00:00Z", to: null } }),
      during: "15 Jan",
      now: "2 Feb",
      installations: [siteCovering(["3 Jan", "10 Jan"], ["16 Jan", "3 Feb"])],
      known: { "site/a": "10000" },
    }),
    basis: "measured_with_gaps",
    totals: ["548.39", "548.39", "548.39"],
  },
  {
    given: "15: enrolled on 1 Jan and installed on 20 Jan, inside of first_report_by",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "2 Feb",
      installations: [siteCovering(["20 Jan", "3 Feb"])],
      known: { "site/a": "250000" },
    }),
    basis: "measured",
    totals: ["2500.00", "2500.00", "2500.00"],
  },
  {
    given: "18: retired as of 10 Jan before the close: nothing was expected after it",
    situation: (fallback) => ({
      contract: contractWith(fallback, { minimum: { amount: "500" } }),
      now: "2 Feb",
      installations: [{ ...siteCovering(["1 Jan", "10 Jan"]), retiredAt: at("10 Jan") }],
      known: { "site/a": "80000" },
    }),
    basis: "measured",
    totals: ["800.00", "800.00", "800.00"],
  },
  {
    given: "22: report_due of 35 days, uploaded on the 5th",
    situation: (fallback) => ({
      contract: contractWith(fallback, { report_due_hours: 35 * 24 }),
      now: "5 Feb",
      installations: [siteCovering(["1 Jan", "5 Feb"])],
      known: { "site/a": "250000" },
    }),
    basis: "measured",
    totals: ["2500.00", "2500.00", "2500.00"],
  },
  {
    given: "23: the same, and the meter itself dead for 30 of 31 days: two fields",
    situation: (fallback) => ({
      contract: contractWith(fallback, { report_due_hours: 35 * 24 }),
      now: "5 Feb",
      installations: [siteCovering(["1 Jan", "1 Jan 12:00"], ["31 Jan 12:00", "5 Feb"])],
      known: { "site/a": "8065" },
      history: { "site/a": "8065" },
    }),
    basis: "fallback",
    // 80.65 + 1000 × 720/744 under `share`; with 12 h of history `estimate` is `share`.
    totals: ["1000.00", "1048.39", "1048.39"],
  },
  {
    given: "24: the collector down for 80 h over the end of the month, the backlog is in",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "4 Feb 08:00",
      outages: [span("31 Jan", "3 Feb 08:00")],
      installations: [whole],
      known: { "site/a": "250000" },
    }),
    basis: "measured",
    totals: ["2500.00", "2500.00", "2500.00"],
  },
  {
    given: "25: a report left in quarantine for 14 days is excused",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "15 Feb",
      installations: [
        installationOf({
          journals: [
            journalOf({
              journal: "a",
              coverage: [span("1 Jan", "28 Jan"), span("1 Feb", "15 Feb")],
              held: [{ interval: span("28 Jan", "1 Feb"), recordedAt: at("1 Feb") }],
            }),
          ],
        }),
      ],
      known: { "site/a": "217742" },
    }),
    basis: "measured",
    totals: ["2177.42", "2177.42", "2177.42"],
  },
  {
    given: "27: a cluster shut down from 22 Jan, attested and accepted",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "2 Feb",
      installations: [
        {
          ...siteCovering(["1 Jan", "22 Jan"]),
          attested: [span("22 Jan", "2 Feb")],
        },
      ],
      known: { "site/a": "169355" },
    }),
    basis: "measured",
    totals: ["1693.55", "1693.55", "1693.55"],
  },
  {
    given: "33: silent 10 to 16 Jan and sold on 15 Jan: the new owner inherits one day",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "2 Feb",
      installations: [
        {
          ...siteCovering(["1 Jan", "10 Jan"], ["16 Jan", "3 Feb"]),
          assigned: [{ from: at("15 Jan"), to: endless }],
        },
      ],
      known: { "site/a": "130000" },
    }),
    basis: "measured_with_gaps",
    totals: ["1300.00", "1300.00", "1300.00"],
  },
  {
    given: "34: a clock two days behind, reports arriving: waited for, never silence",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "3 Feb",
      installations: [
        installationOf({
          journals: [
            journalOf({ journal: "a", coverage: [span("1 Jan", "1 Feb")], lagSeconds: 172_800 }),
          ],
        }),
      ],
      known: { "site/a": "250000" },
    }),
    basis: "measured",
    totals: ["2500.00", "2500.00", "2500.00"],
  },
];

const quantityMinimum = { meter: "requests", quantity: "100000", shortfall_price: "0.01" };

const requestsAndStorage: PlanDocument = {
  ...requestsPlan,
  meters: [
    ...requestsPlan.meters,
    { name: "storage", unit: "GiB-hour", aggregation: "time_weighted", scale: 3 },
  ],
  lines: [
    ...requestsPlan.lines,
    { id: "storage", kind: "usage", meter: "storage", unit_price: "0.1" },
  ],
};

const tokensPlan: PlanDocument = {
  version: 1,
  id: "tokens",
  currency: "USD",
  meters: [{ name: "tokens", unit: "token", aggregation: "sum", scale: 0 }],
  lines: [
    {
      id: "tokens",
      kind: "usage",
      meter: "tokens",
      prices: [
        { dimensions: { direction: "input" }, unit_price: "0.000003" },
        { dimensions: { direction: "output" }, unit_price: "0.000015" },
      ],
      unpriced: "refuse",
    },
  ],
};

describe("what is billed at the close, by policy", () => {
  test.each(
    pricedCases.flatMap((one) =>
      policies.map((policy, index) => ({ ...one, policy, total: one.totals[index] })),
    ),
  )("$given · $policy: $basis, $total", ({ situation, basis, policy, total }) => {
    const given = situation(policy);
    expect(closeOf(given).obstacles).toEqual([]);
    expect(statementOf(given)).toMatchObject({
      basis,
      total,
      provisional: basis === "fallback",
      fallback: basis === "fallback" ? (given.contract.fallback ?? "floor") : null,
    });
  });
});

type Waiting = {
  readonly given: string;
  readonly situation: Situation;
  readonly waitsFor: readonly object[];
};

const waitingCases: readonly Waiting[] = [
  {
    given: "3: exactly 72 h 00 min silent",
    situation: {
      contract: contractWith("floor"),
      now: "2 Feb",
      installations: [siteCovering(["1 Jan", "30 Jan"])],
    },
    waitsFor: [{ code: "awaiting_reports", until: at("2 Feb"), journal: "a", hours: 48 }],
  },
  {
    given: "15: an installation that never reported is not late before first_report_by and 72 h",
    situation: {
      contract: contractWith("floor"),
      now: "3 Feb",
      installations: [installationOf({ journals: [] })],
    },
    waitsFor: [{ code: "awaiting_reports", until: at("3 Feb"), journal: null, hours: 24 }],
  },
  {
    given: "22: a monthly upload is waited for until its 35 days are over",
    situation: {
      contract: contractWith("floor", { report_due_hours: 35 * 24 }),
      now: "4 Feb",
      installations: [siteCovering(["1 Jan", "5 Jan"])],
    },
    waitsFor: [{ code: "awaiting_reports", until: at("9 Feb"), hours: 27 * 24 }],
  },
  {
    given: "24: for 24 h after the collector's return, and its own silence is nobody's",
    situation: {
      contract: contractWith("floor"),
      now: "4 Feb 07:59:59",
      outages: [span("31 Jan", "3 Feb 08:00")],
      installations: [siteCovering(["1 Jan", "31 Jan"])],
    },
    waitsFor: [
      { code: "quiet_time", until: at("4 Feb 08:00") },
      { code: "awaiting_reports", until: at("6 Feb 08:00"), hours: 24 },
    ],
  },
  {
    given: "25: a key revoked by mistake stops the clock of report_due",
    situation: {
      contract: contractWith("floor"),
      now: "5 Feb",
      installations: [
        {
          ...siteCovering(["1 Jan", "29 Jan"]),
          unaccountable: [span("29 Jan", "3 Feb")],
        },
      ],
    },
    waitsFor: [{ code: "awaiting_reports", until: at("6 Feb"), hours: 72 }],
  },
  {
    given: "25: a report in quarantine waits for its decision",
    situation: {
      contract: contractWith("floor"),
      now: "5 Feb",
      installations: [
        installationOf({
          journals: [
            journalOf({
              journal: "a",
              coverage: [span("1 Jan", "28 Jan"), span("1 Feb", "5 Feb")],
              held: [{ interval: span("28 Jan", "1 Feb"), recordedAt: at("1 Feb") }],
            }),
          ],
        }),
      ],
    },
    waitsFor: [{ code: "awaiting_decision", until: at("15 Feb"), journal: "a", hours: 96 }],
  },
  {
    given: "34: the two days that a clock is behind are waited for",
    situation: {
      contract: contractWith("floor"),
      now: "2 Feb",
      installations: [
        installationOf({
          journals: [
            journalOf({ journal: "a", coverage: [span("1 Jan", "31 Jan")], lagSeconds: 172_800 }),
          ],
        }),
      ],
    },
    waitsFor: [{ code: "awaiting_reports", until: at("5 Feb"), hours: 24 }],
  },
];

describe("what keeps a period from closing", () => {
  test.each(waitingCases)("$given", ({ situation, waitsFor }) => {
    expect(closeOf(situation).obstacles).toMatchObject(waitsFor);
    expect(statementOf(situation).basis).toBe("open");
  });

  test("1: all may be measured, and still nothing closes before the grace is over", () => {
    const situation = (now: string): Situation => ({
      contract: contractWith("floor"),
      now,
      installations: [whole],
    });
    expect(closeOf(situation("1 Feb 23:59:59")).obstacles).toEqual([
      { code: "grace", until: at("2 Feb") },
    ]);
    expect(closeOf(situation("2 Feb")).closeable).toBe(true);
  });

  test("3: one second later the hours are overdue", () => {
    const situation: Situation = {
      contract: contractWith("floor"),
      now: "2 Feb 00:00:01",
      installations: [siteCovering(["1 Jan", "30 Jan"])],
    };
    expect(closeOf(situation).closeable).toBe(true);
    expect(statementOf(situation).hours).toMatchObject({ counted: 696, overdue: 48, pending: 0 });
  });
});

describe("what comes later", () => {
  const atClose = (fallback: FallbackPolicy, known: string): Situation => ({
    contract: contractWith(fallback),
    now: "2 Feb",
    installations: [silentFrom29],
    known: { "site/a": known },
    history: { "site/a": known },
  });
  const afterReturn = (fallback: FallbackPolicy, known: string): Situation => ({
    contract: contractWith(fallback),
    now: "10 Feb",
    installations: [whole],
    known: { "site/a": known },
    number: 2,
  });
  const corrected = (before: Situation, after: Situation) =>
    correctionBetween(statementOf(before), statementOf(after));

  test.each(policies)("1 · %s: 20,000 more stay below the minimum: no line, settled", (policy) => {
    const correction = corrected(atClose(policy, "60000"), afterReturn(policy, "80000"));
    expect(correction).toMatchObject({ total: "0.00", direction: "none", settles: true });
    const february = statementOf({
      ...afterReturn(policy, "250000"),
      during: "1 Feb",
      now: "2 Mar",
    });
    const invoice = composeInvoice(february, [
      { invoice: { number: "A-1", date: "2026-02-02" }, correction },
    ]);
    expect(invoice.lines.filter(({ adjusts }) => adjusts !== null)).toEqual([]);
  });

  test.each([
    { policy: "floor", total: "241.94" },
    { policy: "share", total: "145.17" },
    { policy: "estimate", total: "0.01" },
  ] as const)("2 · $policy: 24,194 more: +$total, settled", ({ policy, total }) => {
    const correction = corrected(atClose(policy, "225806"), afterReturn(policy, "250000"));
    expect(correction).toMatchObject({ total, direction: "increase", settles: true });
  });

  test("2b and 16: the adjustment stands outside the minimum of the period that carries it", () => {
    const correction = corrected(atClose("floor", "225806"), afterReturn("floor", "250000"));
    const february = statementOf({
      ...afterReturn("floor", "60000"),
      during: "1 Feb",
      now: "2 Mar",
      number: 1,
    });
    const invoice = composeInvoice(february, [
      { invoice: { number: "A-1", date: "2026-02-02" }, correction },
    ]);
    expect(invoice).toMatchObject({
      statement_total: "1000.00",
      adjustments_total: "241.94",
      total: "1241.94",
    });
    expect(invoice.lines.at(-1)).toMatchObject({
      description:
        "Adjustment to invoice A-1 of 2026-02-02, service period 2026-01-01 to 2026-02-01: Requests",
      adjusts: { invoice: "A-1", line: "requests", from_number: 1, to_number: 2 },
    });
  });

  test("4: a lost journal stays provisional until settle_up_within is over", () => {
    const lost = (now: string): Situation => ({
      contract: contractWith("share"),
      now,
      installations: [diskDied],
      known: { "site/a": "88710" },
    });
    expect(statementOf(lost("31 Jan 23:59 2027")).provisional).toBe(true);
    expect(statementOf(lost("1 Feb 00:00 2027")).provisional).toBe(false);
  });

  test("18: a retirement dated back gives the missing hours' share back", () => {
    const before: Situation = {
      contract: contractWith("share"),
      now: "2 Feb",
      installations: [siteCovering(["1 Jan", "22 Jan"])],
      known: { "site/a": "100000" },
    };
    const retired = { ...siteCovering(["1 Jan", "22 Jan"]), retiredAt: at("22 Jan") };
    const correction = corrected(before, { ...before, installations: [retired], number: 2 });
    expect(correction).toMatchObject({ total: "-322.58", direction: "decrease", settles: true });
    expect(settleCorrections([correction], "USD").credit).toEqual([[correction]]);
  });

  test("19: a late unit that reaches a lower volume price is a credit on the original, never a negative invoice", () => {
    const volume: PlanDocument = {
      ...requestsPlan,
      lines: [
        {
          id: "requests",
          kind: "usage",
          meter: "requests",
          price: {
            model: "volume",
            tiers: [
              { up_to: "15", unit_price: "10" },
              { up_to: null, unit_price: "5" },
            ],
          },
        },
      ],
    };
    const rated = (known: string) =>
      statementOf({
        plan: volume,
        contract: contractWith("floor", { minimum: { amount: "100" } }),
        now: "2 Feb",
        installations: [whole],
        known: { "site/a": known },
      });
    const [before, after] = [rated("15"), { ...rated("16"), number: 2 }];
    expect([before.total, after.total]).toEqual(["150.00", "100.00"]);
    const correction = correctionBetween(before, after);
    expect(correction).toMatchObject({ total: "-50.00", direction: "decrease" });
    expect(settleCorrections([correction], "USD")).toMatchObject({
      debit: [],
      credit: [[correction]],
    });
  });

  test("20 and 21: one late request is 0.01, whatever was voided or given away, and is carried", () => {
    const before = afterReturn("floor", "500000");
    const correction = corrected(
      { ...before, number: 1 },
      { ...before, known: { "site/a": "500001" } },
    );
    expect(correction).toMatchObject({ total: "0.01", direction: "increase" });
    expect(settleCorrections([correction], "USD")).toEqual({
      debit: [],
      credit: [],
      carried: [correction],
    });
  });

  test("25: a quarantined report accepted after the close is billed like late data", () => {
    const held = { interval: span("28 Jan", "1 Feb"), recordedAt: at("1 Feb") };
    const coverage = [span("1 Jan", "28 Jan"), span("1 Feb", "20 Feb")];
    const before: Situation = {
      contract: contractWith("floor"),
      now: "15 Feb",
      installations: [
        installationOf({ journals: [journalOf({ journal: "a", coverage, held: [held] })] }),
      ],
      known: { "site/a": "217742" },
    };
    const correction = corrected(before, afterReturn("floor", "250000"));
    expect(statementOf(before).hours.excused).toBe(96);
    expect(correction).toMatchObject({ total: "322.58", settles: false });
  });

  test("27: a shutdown attested afterwards takes its hours out of the missing ones", () => {
    const correction = corrected(atClose("share", "225806"), {
      ...atClose("share", "225806"),
      installations: [{ ...silentFrom29, attested: [span("29 Jan", "2 Feb")] }],
      number: 2,
    });
    expect(correction).toMatchObject({ total: "-96.77", direction: "decrease", settles: true });
  });

  test.each([
    { now: "1 Feb 00:00 2027", verdict: "ready" },
    { now: "1 Feb 00:00:01 2027", verdict: "too_late" },
  ])("29: an increase at $now is $verdict, twelve months after the period", ({ now, verdict }) => {
    const correction = corrected(atClose("floor", "225806"), afterReturn("floor", "250000"));
    const given = { contract: contractWith("floor"), now: at(now), approvalOver: decimal("0") };
    expect(judgeCorrection(correction, given)).toBe(verdict);
  });

  test("30: a minimum anchored at first usage is refused", () => {
    const contract = contractWith("floor", {
      cycle: { every: "days", days: 30, anchor: "first_usage" },
    });
    expect(checkContract(contract, requestsPlan)).toMatchObject({
      kind: "faults",
      faults: [{ path: "/cycle/anchor", code: "minimum_without_anchor" }],
    });
  });
});
