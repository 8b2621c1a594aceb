/** The order of rating: the facts of billing rules, section 4, that these parts can express. */

import { describe, expect, test } from "vitest";
import type { ContractDocument } from "../contracts/contract.ts";
import type { PlanDocument, PlanLine } from "../contracts/plan.ts";
import { computeStatement } from "./compute-statement.ts";
import type { Situation } from "./rating.fixture.ts";
import {
  contractOf,
  inputsOf,
  installationOf,
  journalOf,
  requestsPlan,
  span,
  statementOf,
} from "./rating.fixture.ts";
import type { Statement } from "./statement.ts";

const whole = installationOf({
  journals: [journalOf({ journal: "a", coverage: [span("1 Jan", "10 Mar")] })],
});
const silent = installationOf({
  journals: [journalOf({ journal: "a", coverage: [span("1 Jan", "29 Jan")] })],
});

function planOf(...lines: readonly PlanLine[]): PlanDocument {
  const meters = ["requests", "tokens", "other"].map((name) => ({
    name,
    unit: name.replace(/s$/, ""),
    aggregation: "sum" as const,
    scale: 0,
    ...(lines.some((line) => line.kind === "usage" && line.meter === name)
      ? {}
      : { billed: false as const }),
  }));
  return { ...requestsPlan, meters, lines: [...lines] };
}

function rated(
  plan: PlanDocument,
  usage: Situation["usage"] & object,
  change: Partial<ContractDocument> = {},
  more: Partial<Situation> = {},
): Statement {
  return statementOf({
    plan,
    contract: contractOf(change),
    now: "2 Feb",
    installations: [whole],
    usage,
    ...more,
  });
}

function amounts(statement: Statement): Record<string, string> {
  return Object.fromEntries(statement.lines.map(({ id, amount }) => [id, amount]));
}

const perRequest = (price: string, included?: string): PlanLine => ({
  id: "requests",
  kind: "usage",
  meter: "requests",
  unit_price: price,
  ...(included === undefined ? {} : { included }),
});
const baseFee = (timing: "advance" | "arrears"): PlanLine => ({
  id: "base",
  kind: "base",
  amount: "100.00",
  timing,
});

describe("prices", () => {
  const byDirection: PlanLine = {
    id: "tokens",
    kind: "usage",
    meter: "tokens",
    prices: [
      { dimensions: { model: "a", direction: "output" }, unit_price: "0.03" },
      { dimensions: { direction: "output" }, unit_price: "0.02" },
    ],
    unit_price: "0.01",
  };
  const tokens = (quantity: string, dimensions: Record<string, string>) => ({
    meter: "tokens",
    dimensions,
    quantity,
  });

  test("the first whose dimensions all match is taken, else the line's own", () => {
    const statement = rated(planOf(byDirection), [
      tokens("100", { model: "a", direction: "output" }),
      tokens("200", { model: "b", direction: "output" }),
      tokens("300", { model: "a", direction: "input" }),
      tokens("400", {}),
    ]);
    expect(amounts(statement)).toEqual({
      "tokens/direction=output,model=a": "3.00",
      "tokens/direction=output": "4.00",
      tokens: "7.00",
    });
    expect(statement.total).toBe("14.00");
  });

  test("two prices never share an id, whatever stands in their values", () => {
    const line: PlanLine = {
      id: "tokens",
      kind: "usage",
      meter: "tokens",
      prices: [
        { dimensions: { a: "x,b=y" }, unit_price: "1" },
        { dimensions: { a: "x", b: "y" }, unit_price: "2" },
      ],
      unpriced: "refuse",
    };
    const statement = rated(planOf(line), [
      tokens("1", { a: "x,b=y" }),
      tokens("1", { a: "x", b: "y" }),
    ]);
    expect(amounts(statement)).toEqual({ "tokens/a=x%2Cb%3Dy": "1.00", "tokens/a=x,b=y": "2.00" });
  });

  test("what has no price is shown, never silently free, and keeps the period from closing by itself", () => {
    const { unit_price: _, ...refusing } = byDirection;
    const statement = rated(planOf({ ...refusing, unpriced: "refuse" }), [
      tokens("5", { direction: "sideways" }),
      { meter: "images", quantity: "7" },
      { meter: "other", quantity: "9" },
    ]);
    expect(statement.unpriced).toEqual([
      { meter: "images", dimensions: {}, quantity: "7", reason: "meter_not_in_plan" },
      {
        meter: "tokens",
        dimensions: { direction: "sideways" },
        quantity: "5",
        reason: "no_price_matches",
      },
    ]);
    expect(statement.needs_decision).toEqual(["unpriced_usage"]);
    expect(statement.total).toBe("0.00");
  });

  test("a true zero is a line of its own", () => {
    expect(rated(requestsPlan, []).lines).toMatchObject([
      { id: "requests", quantity: "0", amount: "0.00" },
    ]);
  });
});

describe("rounding", () => {
  test("happens once a line, half away from zero, and the true-up is measured on rounded lines", () => {
    const third = (id: string, meter: string): PlanLine => ({
      id,
      kind: "usage",
      meter,
      unit_price: "0.003",
    });
    const statement = rated(
      planOf(third("one", "requests"), third("two", "tokens"), third("three", "other")),
      ["requests", "tokens", "other"].map((meter) => ({ meter, quantity: "111111" })),
      { minimum: { amount: "1000" }, fallback: "floor" },
    );
    expect(amounts(statement)).toEqual({
      one: "333.33",
      two: "333.33",
      three: "333.33",
      minimum: "0.01",
    });
    expect(statement.total).toBe("1000.00");
  });

  test.each([
    ["USD", "0.005", "1", "0.01"],
    ["USD", "0.0049", "1", "0.00"],
    ["JPY", "0.5", "1", "1"],
    ["KWD", "0.0005", "1", "0.001"],
  ])("%s: %s × %s is %s", (currency, price, quantity, amount) => {
    const plan = { ...planOf(perRequest(price)), currency };
    expect(rated(plan, [{ quantity }]).total).toBe(amount);
  });
});

describe("published examples come to their published amounts", () => {
  test.each([
    // https://chargebee.com/docs/2.0/site-configuration/articles-and-faq/what-is-the-rounding-logic-for-line-item-amounts.html
    { price: "4.4556", quantity: "10.625", amount: "47.34" },
    // https://docs.stripe.com/billing/subscriptions/decimal-amounts
    { price: "0.0005", quantity: "30", amount: "0.02" },
    // https://zuplo.com/docs/articles/monetization/pricing-models
    { price: "0.001", quantity: "100000", amount: "100.00" },
    // https://docs.sequencehq.com/plans-products/pricing-models
    { price: "0.1", quantity: "550", amount: "55.00" },
  ])("$quantity × $price is $amount", ({ price, quantity, amount }) => {
    expect(rated(planOf(perRequest(price)), [{ quantity }]).total).toBe(amount);
  });

  test.each([
    // https://getlago.com/docs/guide/lago-cloud/contract-billing.md
    { minimum: "1000", billed: "800", trueUp: "200.00", total: "1000.00" },
    { minimum: "1000", billed: "1300", trueUp: undefined, total: "1300.00" },
    // https://getlago.com/docs/guide/plans/charges/spending-minimum
    { minimum: "100", billed: "50", trueUp: "50.00", total: "100.00" },
  ])("$billed of a minimum of $minimum comes to $total", ({ minimum, billed, trueUp, total }) => {
    const statement = rated(planOf(perRequest("1")), [{ quantity: billed }], {
      minimum: { amount: minimum },
      fallback: "floor",
    });
    expect(amounts(statement)["minimum"]).toBe(trueUp);
    expect(statement.total).toBe(total);
  });

  test("a minimum of 10.00 ended after 25 of 28 days is 8.93, its true-up over 8.00 is 0.93", () => {
    // github.com/getlago/lago-api, spec/scenarios/spending_minimum_spec.rb (facts only)
    const statement = rated(
      planOf(perRequest("1")),
      [{ quantity: "8" }],
      {
        term: { from: "2026-02-01T00:00:00Z", to: "2026-02-26T00:00:00Z" },
        minimum: { amount: "10.00" },
        fallback: "floor",
      },
      { during: "1 Feb", now: "28 Feb" },
    );
    expect(amounts(statement)).toEqual({ requests: "8.00", minimum: "0.93" });
  });
});

describe("the included quota", () => {
  test("is used up in the declared order of the prices", () => {
    const line: PlanLine = {
      id: "tokens",
      kind: "usage",
      meter: "tokens",
      included: "1000",
      prices: [{ dimensions: { direction: "output" }, unit_price: "0.02" }],
      unit_price: "0.01",
    };
    const statement = rated(planOf(line), [
      { meter: "tokens", dimensions: { direction: "output" }, quantity: "700" },
      { meter: "tokens", dimensions: { direction: "input" }, quantity: "500" },
    ]);
    expect(statement.lines).toMatchObject([
      { id: "tokens/direction=output", kind: "overage", quantity: "0", amount: "0.00" },
      { id: "tokens", kind: "overage", quantity: "200", amount: "2.00" },
    ]);
  });

  test("comes after the quantity minimum: what it covers of a shortfall is not billed", () => {
    const statement = rated(planOf(perRequest("0.01", "20000")), [{ quantity: "10000" }], {
      minimum: { meter: "requests", quantity: "100000", shortfall_price: "0.005" },
      fallback: "floor",
    });
    // max(10,000, 100,000) − 20,000 = 80,000, all of it shortfall.
    expect(statement.lines).toMatchObject([
      { id: "requests", quantity: "0" },
      { id: "requests#shortfall", quantity: "80000", amount: "400.00" },
    ]);
  });

  test("is consumed by known usage before estimated usage of the same price", () => {
    const statement = rated(
      planOf(perRequest("0.01", "225806")),
      [{ quantity: "225806" }],
      { fallback: "estimate" },
      { installations: [silent], history: { "site/a": "225806" } },
    );
    expect(statement.lines).toMatchObject([
      { id: "requests", quantity: "0" },
      { id: "requests#estimate", quantity: "24193", amount: "241.93" },
    ]);
  });
});

describe("the amount minimum", () => {
  const plan = planOf(baseFee("arrears"), perRequest("0.01", "1000"));
  const minimum = (...counts: ("base" | "usage" | "overage")[]) => ({
    minimum: { amount: "500", ...(counts.length === 0 ? {} : { counts }) },
    fallback: "floor" as const,
  });

  test.each([
    { counts: [], trueUp: "310.00", total: "500.00" },
    { counts: ["base"], trueUp: "400.00", total: "590.00" },
    { counts: ["overage"], trueUp: "410.00", total: "600.00" },
    { counts: ["usage"], trueUp: "500.00", total: "690.00" },
  ] as const)("is measured against what counts: $counts", ({ counts, trueUp, total }) => {
    const statement = rated(plan, [{ quantity: "10000" }], minimum(...counts));
    expect(amounts(statement)).toEqual({ base: "100.00", requests: "90.00", minimum: trueUp });
    expect(statement.total).toBe(total);
  });

  test("is no line where the lines reach it", () => {
    expect(amounts(rated(plan, [{ quantity: "41000" }], minimum()))).toEqual({
      base: "100.00",
      requests: "400.00",
    });
  });

  test("does not apply after the term, where the prices go on", () => {
    const term = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" };
    const inputs = inputsOf({
      contract: contractOf({ minimum: { amount: "500" }, fallback: "floor" }),
      during: "1 Feb",
      now: "3 Mar",
      installations: [whole],
      known: { "site/a": "10000" },
    });
    const ended = computeStatement({ ...inputs, contract: { ...inputs.contract, term } });
    expect(amounts(ended)).toEqual({ requests: "100.00" });
  });

  test("weights say whose silence costs how much of it", () => {
    const installations = [
      { ...whole, installation: "large" },
      { ...silent, installation: "small" },
    ];
    const change = { minimum: { amount: "744" }, fallback: "share" as const };
    const shareOf = (weights?: Record<string, string>) =>
      amounts(
        rated(
          planOf(perRequest("0.01")),
          [{ quantity: "900000" }],
          { ...change, ...(weights && { weights }) },
          {
            installations,
          },
        ),
      )["minimum#share"];
    expect(shareOf()).toBe("36.00");
    expect(shareOf({ large: "3" })).toBe("18.00");
    expect(shareOf({ large: "0", small: "1" })).toBe("72.00");
    expect(shareOf({ small: "0" })).toBeUndefined();
  });
});

describe("the basis", () => {
  const dead = (hours: number) => {
    const begun = span("10 Jan", "11 Jan").from;
    const again = { from: begun + hours * 3600, to: span("2 Feb", "3 Feb").from };
    return installationOf({
      journals: [
        journalOf({
          journal: "a",
          coverage: [{ from: span("1 Jan", "2 Jan").from, to: begun }, again],
        }),
      ],
    });
  };

  test.each([
    { hours: 0, allowance: 72, basis: "measured" },
    { hours: 72, allowance: 72, basis: "measured_with_gaps" },
    { hours: 73, allowance: 72, basis: "fallback" },
    { hours: 73, allowance: 73, basis: "measured_with_gaps" },
    { hours: 1, allowance: 0, basis: "fallback" },
  ])(
    "of $hours uncounted hours with $allowance allowed is $basis",
    ({ hours, allowance, basis }) => {
      const statement = rated(
        requestsPlan,
        [],
        { uncounted_allowance_hours: allowance },
        { installations: [dead(hours)] },
      );
      expect(statement.basis).toBe(basis);
    },
  );

  test("is judged for each installation, not for their sum", () => {
    const installations = ["one", "two"].map((installation) => ({ ...dead(72), installation }));
    const statement = rated(requestsPlan, [], {}, { installations });
    expect(statement).toMatchObject({
      basis: "measured_with_gaps",
      hours: {
        uncounted: 144,
        text: "counted 1,344 · excused 0 · uncounted 144 · overdue 0 of 1,488 installation-hours",
      },
    });
  });
});

describe("base fees", () => {
  test("in advance stand for the next period and outside of this one's minimum, towards which this period's own count", () => {
    const statement = rated(
      planOf(baseFee("advance"), perRequest("0.01")),
      [{ quantity: "30000" }],
      { minimum: { amount: "500" }, fallback: "floor" },
    );
    expect(statement.lines).toMatchObject([
      { id: "requests", amount: "300.00" },
      { id: "minimum", amount: "100.00" },
      {
        id: "base",
        amount: "100.00",
        timing: "advance",
        period: { from: "2026-02-01T00:00:00Z", to: "2026-03-01T00:00:00Z" },
      },
    ]);
  });

  test("in advance are alone on the opening statement", () => {
    const inputs = inputsOf({
      plan: planOf(baseFee("advance"), perRequest("0.01")),
      contract: contractOf({ term: { from: "2026-01-15T00:00:00Z", to: null } }),
      during: "15 Jan",
      now: "15 Jan",
      installations: [],
    });
    const opening = computeStatement({ ...inputs, scope: "opening", advance: inputs.period });
    // 100 × 408/744
    expect(amounts(opening)).toEqual({ base: "54.84" });
    expect(opening).toMatchObject({ basis: "measured", provisional: false });
  });

  test.each([
    { prorate: {}, base: "54.84", requests: "9.51", minimum: "209.98" },
    { prorate: { base: false }, base: "100.00", requests: "9.51", minimum: "164.82" },
    { prorate: { included: false }, base: "54.84", requests: "5.00", minimum: "214.49" },
    { prorate: { minimum: false }, base: "54.84", requests: "9.51", minimum: "435.90" },
  ])("fee, quota and minimum are prorated by UTC hours, each by its flag: $prorate", (row) => {
    const { prorate, ...lines } = row;
    const statement = rated(
      planOf(baseFee("arrears"), perRequest("0.01", "1000")),
      // 1,000 × 408/744 = 548.4 is rounded up, in the customer's favour: 549 are included.
      [{ quantity: "1500" }],
      {
        term: { from: "2026-01-15T00:00:00Z", to: null },
        minimum: { amount: "500.25" },
        fallback: "floor",
        prorate,
      },
      { during: "15 Jan" },
    );
    expect(amounts(statement)).toEqual(lines);
  });
});

describe("an estimate", () => {
  test("is floored for each journal, meter and dimension set, and is a line of its own at each price", () => {
    const plan = planOf({
      id: "tokens",
      kind: "usage",
      meter: "tokens",
      prices: [{ dimensions: { direction: "output" }, unit_price: "1" }],
      unit_price: "0.1",
    });
    const inputs = inputsOf({
      plan,
      contract: contractOf({ fallback: "estimate" }),
      now: "2 Feb",
      installations: [silent],
      usage: [{ meter: "tokens", quantity: "50" }],
    });
    const row = { installation: "site", journal: "a", meter: "tokens" };
    const statement = computeStatement({
      ...inputs,
      history: [
        // 100 × 72/672 = 10.7, 33 × 72/672 = 3.5, 19 × 72/672 = 2.03
        { ...row, dimensions: { direction: "output", model: "a" }, quantity: "100" },
        { ...row, dimensions: { direction: "output", model: "b" }, quantity: "33" },
        { ...row, dimensions: { direction: "input" }, quantity: "19" },
      ],
    });
    expect(statement.lines).toMatchObject([
      { id: "tokens/direction=output#estimate", kind: "estimate", quantity: "13", amount: "13.00" },
      { id: "tokens", quantity: "50", amount: "5.00" },
      { id: "tokens#estimate", quantity: "2", amount: "0.20" },
    ]);
  });

  test.each([
    { hours: 71, lines: { requests: "7.10", "minimum#share": "904.57", minimum: "88.33" } },
    { hours: 72, lines: { requests: "7.20", "requests#estimate": "67.20", minimum: "925.60" } },
  ])("needs 72 counted hours of history; with $hours there are these lines", ({ hours, lines }) => {
    const from = span("1 Jan", "2 Jan").from;
    const statement = rated(
      requestsPlan,
      [{ quantity: `${hours * 10}` }],
      { minimum: { amount: "1000" }, fallback: "estimate" },
      {
        now: "4 Feb",
        installations: [
          installationOf({
            journals: [journalOf({ journal: "a", coverage: [{ from, to: from + hours * 3600 }] })],
          }),
        ],
        history: { "site/a": `${hours * 10}` },
      },
    );
    expect(amounts(statement)).toEqual(lines);
  });

  test("of one journal does not pay for the hours of its neighbour that has no history", () => {
    const statement = rated(
      requestsPlan,
      [{ quantity: "225806" }],
      { minimum: { amount: "744" }, fallback: "estimate" },
      {
        installations: [
          installationOf({
            journals: [
              journalOf({ journal: "a", coverage: [span("1 Jan", "29 Jan")] }),
              journalOf({ journal: "b", coverage: [span("28 Jan", "29 Jan")] }),
            ],
          }),
        ],
        history: { "site/a": "225806" },
      },
    );
    expect(amounts(statement)).toEqual({
      requests: "2258.06",
      "requests#estimate": "241.93",
      "minimum#share": "72.00",
    });
  });

  test("of one journal goes beside the share of another that has no history", () => {
    const statement = rated(
      requestsPlan,
      [{ quantity: "225806" }],
      { minimum: { amount: "1488" }, fallback: "estimate" },
      {
        now: "5 Feb",
        installations: [
          { ...silent, installation: "known" },
          installationOf({
            installation: "never",
            journals: [],
            firstReportBy: span("1 Jan", "2 Jan").from,
          }),
        ],
        history: { "known/a": "225806" },
      },
    );
    // The second installation's 744 of 1,488 hours are shared, the first's 72 are estimated.
    expect(amounts(statement)).toEqual({
      requests: "2258.06",
      "requests#estimate": "241.93",
      "minimum#share": "744.00",
    });
  });
});
