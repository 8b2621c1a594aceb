/** The whole computation of a line, stage by stage: what each of them writes into its waterfall, in small plans of one stage or two. */

import { describe, expect, test } from "vitest";
import type { ContractDocument } from "../contracts/contract.ts";
import type { PlanDocument, PlanLine, PlanMeter, UsageLine } from "../contracts/plan.ts";
import { golden } from "../golden.fixture.ts";
import type { Carry } from "./carry.ts";
import { computeStatement } from "./compute-statement.ts";
import { contractOf, inputsOf, installationOf, journalOf, span } from "./rating.fixture.ts";
import type { StatementInputs, UsageRow } from "./statement-inputs.ts";
import type { Statement } from "./statement.ts";

const meters: readonly PlanMeter[] = [
  { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
  { name: "payments", unit: "payment", aggregation: "sum", scale: 0 },
];
const line: UsageLine = { id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" };
const payments: UsageLine = { id: "payments", kind: "usage", meter: "payments", unit_price: "1" };
const base: PlanLine = { id: "base", kind: "base", amount: "3100.00", timing: "arrears" };

type Life = {
  readonly lines: readonly PlanLine[];
  readonly plan?: Partial<PlanDocument>;
  readonly contract?: Partial<ContractDocument>;
  readonly usage?: readonly Partial<UsageRow>[];
  /** Coverage of the only agent; all of January when absent. */
  readonly heard?: readonly (readonly [from: string, to: string])[];
  readonly history?: Readonly<Record<string, string>>;
  readonly carried?: Carry;
  readonly scope?: StatementInputs["scope"];
  readonly during?: string;
};

function lifeOf({ heard = [["1 Jan", "20 Mar"]], carried, scope, ...life }: Life): Statement {
  const named = new Set(life.lines.flatMap((one) => (one.kind === "usage" ? [one.meter] : [])));
  const inputs = inputsOf({
    plan: {
      version: 1,
      id: "requests",
      currency: "USD",
      meters: meters.map((one) => (named.has(one.name) ? one : { ...one, billed: false })),
      lines: [...life.lines],
      ...life.plan,
    },
    contract: contractOf(life.contract),
    now: "20 Mar",
    installations: [
      installationOf({
        journals: [
          journalOf({ journal: "a", coverage: heard.map(([from, to]) => span(from, to)) }),
        ],
      }),
    ],
    ...(life.usage === undefined ? {} : { usage: life.usage }),
    during: life.during ?? "31 Jan",
  });
  const opening = scope === "opening" ? { scope, advance: inputs.period } : {};
  return computeStatement({
    ...inputs,
    history: Object.entries(life.history ?? {}).map(([meter, counted]) => ({
      installation: "site",
      journal: "a",
      meter,
      dimensions: {},
      quantity: counted,
    })),
    ...opening,
    carried: { ...inputs.carried, ...carried },
  });
}

/** All that a statement says of its lines. */
function waterfall({ lines, total, unbilled = [], unpriced, carry }: Statement): string {
  const shown = lines.flatMap((one) => [
    `${one.id}: ${one.amount} (${[one.kind, one.timing, one.group].filter(Boolean).join(", ")}) ${one.description}`,
    ...(one.quantity === null
      ? []
      : [`  ${one.quantity} ${one.unit} at ${one.unit_price ?? "its model"}`]),
    `  of ${one.period.from.slice(0, 10)} to ${one.period.to.slice(0, 10)}`,
    ...one.computation.map(({ step, value, note }) => `    ${step} ${value} | ${note}`),
  ]);
  const left = unbilled.map(
    (one) => `unbilled ${one.quantity} ${one.meter}, ${one.reason}: ${one.note}`,
  );
  const open = unpriced.map((one) => `unpriced ${one.quantity} ${one.meter}, ${one.reason}`);
  const handed = carry === undefined ? [] : [`carry ${JSON.stringify(carry)}`];
  return [...shown, ...left, ...open, ...handed, `total ${total}`].join("\n");
}

const quantity = (amount: string, change: Partial<UsageRow> = {}) => ({
  quantity: amount,
  ...change,
});
const on = (day: string, amount: string, change: Partial<UsageRow> = {}) =>
  quantity(amount, { window: `2026-01-${day}:00:00Z`, ...change });

const lives: Readonly<Record<string, Life>> = {
  "a group, a discount of the line and its most": {
    lines: [{ ...line, group: "Calls", discount: "10", maximum: "8000.00", description: "Calls" }],
    usage: [quantity("1000000")],
  },
  "a most that is used up by prices in their order": {
    lines: [
      {
        ...line,
        maximum: "15",
        prices: [
          { dimensions: { tier: "a" }, unit_price: "0.10" },
          { dimensions: { tier: "b" }, unit_price: "0.20" },
        ],
      },
    ],
    usage: [
      quantity("100", { dimensions: { tier: "a" } }),
      quantity("50", { dimensions: { tier: "b" } }),
      quantity("40", { dimensions: { tier: "c" } }),
    ],
  },
  "nothing used, in a group, with a least of the line": {
    lines: [{ ...line, group: "Calls", minimum: "1500.00" }],
  },
  "a least of the line that is prorated": {
    lines: [{ ...line, minimum: "3100.00" }],
    usage: [quantity("1000")],
    contract: { term: { from: "2026-01-12T00:00:00Z", to: null }, prorate: { minimum: true } },
  },
  "a price for three, whose price for one has no decimal text": {
    lines: [{ ...line, unit_price: "1", per: "3" }],
    usage: [quantity("4000")],
  },
  "a price for a thousand": {
    lines: [{ ...line, unit_price: "0.5", per: "1000" }],
    usage: [quantity("2500")],
  },
  "credits that are exchanged": {
    lines: [{ ...line, in: "credits", unit_price: "0.0552" }],
    plan: { credits: { unit: "token", settled: "invoiced", exchange: "0.02" } },
    usage: [quantity("1000")],
  },
  "credits from a balance": {
    lines: [{ ...line, in: "credits", unit_price: "0.0552" }],
    plan: { credits: { unit: "credit", settled: "prepaid" } },
    usage: [quantity("1000")],
  },
  "credits from a balance, of a plan that can exchange them": {
    lines: [{ ...line, in: "credits", unit_price: "0.0552" }],
    plan: { credits: { unit: "credit", settled: "prepaid", exchange: "0.02" } },
    usage: [quantity("1000")],
  },
  "packages, whose last step is the exact one already": {
    lines: [
      {
        ...({ id: "requests", kind: "usage", meter: "requests" } as const),
        price: { model: "package", size: "1000", amount: "2.50" },
      },
    ],
    usage: [quantity("1500")],
  },
  "a quota of converted units that is prorated": {
    lines: [{ ...line, included: "3.1", convert: { divide_by: "1000", unit: "thousand" } }],
    contract: { term: { from: "2026-01-30T00:00:00Z", to: null } },
    usage: [quantity("1000", { window: "2026-01-30T00:00:00Z" })],
  },
  "a quota of begun units that is prorated": {
    lines: [
      { ...line, included: "3.1", convert: { divide_by: "1000", unit: "thousand", round: "up" } },
    ],
    contract: { term: { from: "2026-01-30T00:00:00Z", to: null } },
    usage: [quantity("5000", { window: "2026-01-30T00:00:00Z" })],
  },
  "a quantity minimum of begun units that is prorated": {
    lines: [{ ...line, convert: { divide_by: "1000", unit: "thousand", round: "up" } }],
    contract: {
      term: { from: "2026-01-30T00:00:00Z", to: null },
      minimum: { meter: "requests", quantity: "40", shortfall_price: "0.005" },
    },
  },
  "a quantity minimum of converted units that is prorated": {
    lines: [{ ...line, convert: { divide_by: "1000", unit: "thousand" } }],
    contract: {
      term: { from: "2026-01-30T00:00:00Z", to: null },
      minimum: { meter: "requests", quantity: "40", shortfall_price: "0.005" },
    },
  },
  "an estimate on top of what was counted at one price": {
    lines: [
      {
        id: "requests",
        kind: "usage",
        meter: "requests",
        price: {
          model: "graduated",
          tiers: [
            { up_to: "30000", unit_price: "0.02" },
            { up_to: null, unit_price: "0.01" },
          ],
        },
      },
    ],
    contract: { fallback: "estimate" },
    heard: [["1 Jan", "29 Jan"]],
    usage: [quantity("20160")],
    history: { requests: "67200" },
  },
  "a percentage with events and no amount": {
    lines: [
      {
        ...({ id: "requests", kind: "usage", meter: "requests" } as const),
        price: { model: "percentage", percent: "2", event: { meter: "payments", amount: "0.30" } },
      },
    ],
    plan: { meters: [...meters] },
    usage: [quantity("10", { meter: "payments" })],
  },
  "a percentage whose events and amounts are estimated": {
    lines: [
      {
        ...({ id: "requests", kind: "usage", meter: "requests" } as const),
        price: { model: "percentage", percent: "2", event: { meter: "payments", amount: "0.30" } },
      },
    ],
    plan: { meters: [...meters] },
    contract: { fallback: "estimate" },
    heard: [["1 Jan", "29 Jan"]],
    usage: [quantity("20000"), quantity("1000", { meter: "payments" })],
    history: { requests: "67200", payments: "6720" },
  },
  "a percentage by dimension and one of the rest beside a quantity minimum": {
    lines: [
      {
        ...({ id: "requests", kind: "usage", meter: "requests" } as const),
        prices: [{ dimensions: { tier: "a" }, unit_price: "0.01" }],
        price: { model: "percentage", percent: "2", event: { meter: "payments", amount: "0.30" } },
      },
    ],
    plan: { meters: [...meters] },
    contract: { minimum: { meter: "requests", quantity: "5000", shortfall_price: "0.005" } },
    usage: [quantity("100", { dimensions: { tier: "a" } }), quantity("10", { meter: "payments" })],
  },
  "a quantity minimum with a share of missing hours": {
    lines: [line],
    contract: {
      fallback: "share",
      minimum: { meter: "requests", quantity: "744000", shortfall_price: "0.005" },
    },
    heard: [["1 Jan", "29 Jan"]],
    usage: [quantity("1000")],
  },
  "a quantity minimum that is prorated and reached": {
    lines: [line],
    contract: {
      term: { from: "2026-01-16T00:00:00Z", to: null },
      prorate: { minimum: true },
      minimum: { meter: "requests", quantity: "31000", shortfall_price: "0.005" },
    },
    usage: [quantity("16000", { window: "2026-01-20T00:00:00Z" })],
  },
  "an amount minimum: a fee in advance, usage, a share and a discount count towards it": {
    lines: [{ ...base, amount: "100.00", timing: "advance" }, line, payments],
    contract: {
      fallback: "share",
      minimum: { amount: "7440.00", discounts: "after" },
      discounts: [{ id: "start", percent: "10" }],
    },
    heard: [["1 Jan", "30 Jan"]],
    usage: [quantity("1000"), quantity("300", { meter: "payments" })],
  },
  "an amount minimum that nothing counts towards": {
    lines: [{ ...base, amount: "100.00" }, line],
    contract: { minimum: { amount: "500.00", counts: ["overage", "packs"] } },
    usage: [quantity("1000")],
  },
  "an amount minimum of fees, part of them in advance": {
    lines: [
      { ...base, amount: "100.00", timing: "advance" },
      { ...base, id: "late", amount: "50.00" },
      { ...base, id: "early", amount: "25.00", timing: "advance" },
    ],
    contract: { minimum: { amount: "500.00", counts: ["base"] } },
  },
  "an amount minimum that is prorated": {
    lines: [line],
    contract: {
      term: { from: "2026-01-16T00:00:00Z", to: null },
      prorate: { minimum: true },
      minimum: { amount: "3100.00" },
    },
  },
  "discounts one after the other, in percent and as an amount": {
    lines: [{ ...base, amount: "100.00" }, line],
    contract: {
      discounts: [
        { id: "half", percent: "50", on: ["usage"] },
        { id: "voucher", amount: "1500.00", description: "Voucher 7" },
        { id: "late", amount: "5.00" },
        { id: "over", percent: "99", until: "2026-01-01T00:00:00Z" },
      ],
    },
    usage: [quantity("200000")],
  },
  "a base fee by seats that changed, in a group": {
    lines: [{ ...base, amount: "31.00", per: "seat", group: "Seats", description: "Seats" }],
    contract: {
      seats: [
        { from: "2026-01-01T00:00:00Z", seats: "2" },
        { from: "2026-01-21T00:00:00Z", seats: "5" },
      ],
      prorate: { base: true },
    },
  },
  "a base fee by seats without any seat": {
    lines: [{ ...base, amount: "31.00", per: "seat" }],
  },
  "a base fee that is prorated, and the same one without proration": {
    lines: [base],
    contract: { term: { from: "2026-01-22T00:00:00Z", to: null }, prorate: { base: true } },
  },
  "a base fee without proration": {
    lines: [base],
    contract: { term: { from: "2026-01-22T00:00:00Z", to: null }, prorate: { base: false } },
  },
  "a base fee with an option": {
    lines: [{ ...base, variants: [{ option: "support", amount: "4000.00" }] }],
    contract: { options: ["support"] },
  },
  "a base fee in trial for a part of the period": {
    lines: [base],
    contract: { trial: { to: "2026-01-11T00:00:00Z" } },
  },
  "a base fee in trial for all of the period": {
    lines: [base],
    contract: { trial: { to: "2026-02-01T00:00:00Z" } },
  },
  "a base fee whose trial is over": {
    lines: [base],
    contract: { trial: { to: "2026-01-01T00:00:00Z" } },
  },
  "a base fee without proration whose trial is over": {
    lines: [base],
    contract: { trial: { to: "2026-01-01T00:00:00Z" }, prorate: { base: false } },
  },
  "a base fee without proration in trial for a part of the period": {
    lines: [base],
    contract: { trial: { to: "2026-01-11T00:00:00Z" }, prorate: { base: false } },
  },
  "a base fee that a trial does not cover": {
    lines: [base, line],
    contract: { trial: { to: "2026-01-11T00:00:00Z", covers: ["usage"] } },
    usage: [on("05T00", "700"), on("10T23", "30"), on("11T00", "5")],
  },
  "a year in advance at the price of ten months": {
    lines: [{ ...base, amount: "100.00", timing: "advance", year_months: "10" }, line],
    contract: { annual: true },
    scope: "opening",
  },
  "a year in advance of a term that ends before it": {
    lines: [{ ...base, amount: "100.00", timing: "advance", year_months: "10" }, line],
    contract: { annual: true, term: { from: "2026-01-01T00:00:00Z", to: "2026-07-01T00:00:00Z" } },
    scope: "opening",
  },
  "a year in advance whose second year does not begin yet": {
    lines: [{ ...base, amount: "100.00", timing: "advance", year_months: "10" }, line],
    contract: { annual: true },
  },
  "a year in advance that begins when the period ends": {
    lines: [{ ...base, amount: "100.00", timing: "advance", year_months: "10" }, line],
    contract: { annual: true },
    during: "15 Dec",
  },
  "fees without a price for a year, of a contract that pays by the year": {
    lines: [
      { ...base, amount: "100.00", timing: "advance" },
      { ...base, id: "late", amount: "50.00", year_months: "10" },
    ],
    contract: { annual: true },
  },
  "beyond a commitment at its factor": {
    lines: [line, payments],
    contract: {
      term: { from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z" },
      commitment: { amount: "1500.00", overage_factor: "1.2" },
    },
    usage: [quantity("100000"), quantity("800", { meter: "payments" })],
    carried: { committed: "400" },
  },
  "a commitment that is trued up in its last period": {
    lines: [line],
    contract: {
      term: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" },
      commitment: { amount: "1500.00" },
    },
    usage: [quantity("100000")],
    carried: { committed: "400.125" },
  },
  "a commitment without a true-up": {
    lines: [line],
    contract: {
      term: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" },
      commitment: { amount: "1500.00", true_up: false },
    },
    usage: [quantity("100000")],
  },
  "a commitment that ended before the term": {
    lines: [line],
    contract: {
      term: { from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z" },
      commitment: { amount: "1500.00", to: "2026-02-01T00:00:00Z" },
    },
    during: "2 Feb",
    usage: [quantity("100000", { window: "2026-02-03T00:00:00Z" })],
  },
  "a commitment that draws in its last, cut period": {
    lines: [line],
    contract: {
      fallback: "share",
      term: { from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z" },
      commitment: { amount: "1488.00", to: "2026-01-16T00:00:00Z", true_up: false },
    },
    heard: [],
  },
  "a commitment that ended before a silence": {
    lines: [line],
    contract: {
      fallback: "share",
      term: { from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z" },
      commitment: { amount: "1488.00", to: "2026-02-01T00:00:00Z", true_up: false },
    },
    during: "2 Feb",
    heard: [["1 Jan", "2 Feb"]],
  },
  "overage off": {
    lines: [{ ...line, included: "1000", overage: "off" }],
    usage: [quantity("1600")],
  },
  "overage that was never opted into": {
    lines: [{ ...line, included: "1000", overage: "opt_in" }, payments],
    contract: { overage: [{ line: "payments", from: "2026-01-01T00:00:00Z" }] },
    usage: [quantity("1600"), quantity("2", { meter: "payments" })],
  },
  "overage that is opted into from the next period on": {
    lines: [{ ...line, included: "1000", overage: "opt_in" }],
    contract: { overage: [{ line: "requests", from: "2026-02-01T00:00:00Z" }] },
    usage: [quantity("1600")],
  },
  "overage that was opted into before the period": {
    lines: [{ ...line, included: "1000", overage: "opt_in" }],
    contract: { overage: [{ line: "requests", from: "2026-01-01T00:00:00Z" }] },
    usage: [quantity("1600")],
  },
  "overage that was opted into in the period, with another meter beside it": {
    lines: [{ ...line, included: "1000", overage: "opt_in" }, payments],
    contract: {
      overage: [
        { line: "payments", from: "2026-01-01T00:00:00Z" },
        { line: "requests", from: "2026-01-10T00:00:00Z" },
      ],
    },
    usage: [
      on("05T00", "1300"),
      on("10T00", "200"),
      on("20T00", "100"),
      on("05T00", "900", { meter: "payments" }),
    ],
  },
  "a quota each day, by two prices, with another meter beside it": {
    lines: [
      {
        ...line,
        included: { quantity: "100", per: "day" },
        prices: [{ dimensions: { tier: "a" }, unit_price: "0.10" }],
      },
      payments,
    ],
    usage: [
      on("05T01", "80", { dimensions: { tier: "a" } }),
      on("05T02", "70"),
      on("06T02", "30", { dimensions: { tier: "a" } }),
      on("05T03", "5000", { meter: "payments", dimensions: { tier: "a" } }),
    ],
  },
  "a quota at every instant, of converted units": {
    lines: [
      {
        ...line,
        meter: "held",
        included: { quantity: "2", per: "instant" },
        convert: { divide_by: "3600", unit: "GiB-hour" },
        unit_price: "1",
      },
    ],
    plan: {
      meters: [{ name: "held", unit: "GiB-second", aggregation: "time_weighted", scale: 0 }],
    },
    usage: [on("05T01", "9000", { meter: "held" }), on("05T02", "3600", { meter: "held" })],
  },
  "seconds of the cycle, begun ones whole": {
    lines: [{ ...line, convert: { divide_by: "cycle_seconds", unit: "month", round: "up" } }],
    usage: [quantity("2678401")],
  },
  "a quota by seats that rolls over, in units that are begun": {
    lines: [
      {
        ...line,
        included: { quantity: "10.5", per: "seat" },
        rollover: { maximum: "20" },
      },
    ],
    contract: { seats: "3" },
    usage: [quantity("12")],
    carried: { rollover: { requests: "1000" } },
  },
  "a comp of nothing": {
    lines: [line],
    contract: { comp: { reason: "pilot" } },
  },
  "a comp of all": {
    lines: [base, line],
    contract: { comp: { reason: "pilot" } },
    usage: [quantity("1000")],
  },
};

describe("the waterfall of", () => {
  test("each of these lives reads as it did when somebody last followed it", () => {
    const made = Object.entries(lives)
      .map(([title, life]) => `── ${title}\n${waterfall(lifeOf(life))}\n`)
      .join("\n");
    expect(golden(import.meta.url, "golden/waterfalls.txt", made)).toBe(made);
  });
});
