import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { contractOf, requestsPlan } from "../rating/rating.fixture.ts";
import { parseInstant } from "../time/instant.ts";
import type { CheckedContract } from "./check-contract.ts";
import { checkContract } from "./check-contract.ts";
import type { CheckedPlan } from "./check-plan.ts";
import { checkPlan } from "./check-plan.ts";
import type { PlanDocument } from "./plan.ts";
import { cycleOf, firstReportBy } from "./contract-terms.ts";

const usage = { id: "tokens", kind: "usage", meter: "tokens" };
const tokens = { name: "tokens", unit: "token", aggregation: "sum", scale: 0 };

function planWith(change: object, line: object = { ...usage, unit_price: "0.000002" }): unknown {
  return { version: 1, id: "p", currency: "USD", meters: [tokens], lines: [line], ...change };
}

function pricesOf(...dimensions: readonly object[]): object {
  const prices = dimensions.map((labels) => ({ dimensions: labels, unit_price: "1" }));
  return { ...usage, prices, unpriced: "refuse" };
}

/** Each fault's path and code; a hint is owed with each. */
function placesOf(checked: CheckedPlan | CheckedContract): string[][] {
  if (checked.kind !== "faults") return [];
  return checked.faults.map(({ path, code, hint }) => (hint === "" ? [] : [path, code]));
}

describe("a plan is refused with the path of each fault", () => {
  test.each([
    { given: "no plan at all", plan: [], path: "", code: "value_malformed" },
    {
      given: "a member that does not exist",
      plan: planWith({ taxes: [] }),
      path: "/taxes",
      code: "member_unknown",
    },
    {
      given: "a line without its meter",
      plan: planWith({}, { id: "x", kind: "usage" }),
      path: "/lines/0/meter",
      code: "member_missing",
    },
    {
      given: "a price as a number",
      plan: planWith({}, { ...usage, unit_price: 0.1 }),
      path: "/lines/0/unit_price",
      code: "value_malformed",
    },
    {
      given: "a price with 30 digits",
      plan: planWith({}, { ...usage, unit_price: `0.${"1".repeat(30)}` }),
      path: "/lines/0/unit_price",
      code: "value_malformed",
    },
    {
      given: "a negative price",
      plan: planWith({}, { ...usage, unit_price: "-1" }),
      path: "/lines/0/unit_price",
      code: "value_malformed",
    },
    {
      given: "an unknown currency",
      plan: planWith({ currency: "XQX" }),
      path: "/currency",
      code: "currency_unknown",
    },
    {
      given: "an unknown meter",
      plan: planWith({
        lines: [
          { ...usage, unit_price: "1" },
          { ...usage, id: "other", meter: "tokns", unit_price: "1" },
        ],
      }),
      path: "/lines/1/meter",
      code: "meter_unknown",
    },
    {
      given: "a meter twice",
      plan: planWith({ meters: [tokens, tokens] }),
      path: "/meters/1/name",
      code: "meter_duplicate",
    },
    {
      given: "a meter that no line prices",
      plan: planWith({ meters: [tokens, { ...tokens, name: "calls" }] }),
      path: "/meters/1",
      code: "meter_without_price",
    },
    {
      given: "a meter that is not billed and priced",
      plan: planWith({ meters: [{ ...tokens, billed: false }] }),
      path: "/meters/0/billed",
      code: "meter_unbilled_but_priced",
    },
    {
      given: "a greatest value priced as a sum",
      plan: planWith({ meters: [{ ...tokens, aggregation: "max" }] }),
      path: "/lines/0/meter",
      code: "meter_not_additive",
    },
    {
      given: "no default price and no refusal",
      plan: planWith({}, usage),
      path: "/lines/0/unit_price",
      code: "default_price_unclear",
    },
    {
      given: "both a default price and a refusal",
      plan: planWith({}, { ...usage, unit_price: "1", unpriced: "refuse" }),
      path: "/lines/0/unit_price",
      code: "default_price_unclear",
    },
    {
      given: "a refusal of everything",
      plan: planWith({}, { ...usage, unpriced: "refuse" }),
      path: "/lines/0",
      code: "line_without_price",
    },
    {
      given: "a price twice",
      plan: planWith({}, pricesOf({ a: "1" }, { a: "1" })),
      path: "/lines/0/prices/1/dimensions",
      code: "price_duplicate",
    },
    {
      given: "a price behind a less demanding one",
      plan: planWith({}, pricesOf({ a: "1" }, { a: "1", b: "2" })),
      path: "/lines/0/prices/1/dimensions",
      code: "price_unreachable",
    },
    {
      given: "a price by dimension without any",
      plan: planWith({}, pricesOf({})),
      path: "/lines/0/prices/0/dimensions",
      code: "price_matches_all",
    },
    {
      given: "a quota finer than the meter",
      plan: planWith({}, { ...usage, unit_price: "1", included: "0.5" }),
      path: "/lines/0/included",
      code: "quantity_too_fine",
    },
    {
      given: "a fee finer than the cent",
      plan: planWith({ meters: [] }, { id: "b", kind: "base", amount: "1.005", timing: "arrears" }),
      path: "/lines/0/amount",
      code: "amount_too_fine",
    },
  ])("$given: $code at $path", ({ plan, path, code }) => {
    const checked = checkPlan(plan);
    expect(placesOf(checked)).toEqual([[path, code]]);
  });

  test("two lines of one id, or of one meter", () => {
    const line = { ...usage, unit_price: "1" };
    expect(checkPlan(planWith({ lines: [line, line] }))).toMatchObject({
      faults: [
        { path: "/lines/1/id", code: "line_duplicate" },
        { path: "/lines/1/meter", code: "meter_priced_twice" },
      ],
    });
  });

  test("all faults at once, each at its place", () => {
    const plan = planWith({
      currency: "dollar",
      lines: [{ ...usage, unit_price: "1e3", free: true }],
    });
    const paths = placesOf(checkPlan(plan)).map(([path]) => path ?? "");
    expect(paths.toSorted()).toEqual(["/currency", "/lines/0/free", "/lines/0/unit_price"]);
  });

  test("a line is judged as the kind that it says it is", () => {
    const base = { id: "x", kind: "base", meter: "tokens", unit_price: "1", included: "1" };
    const paths = placesOf(checkPlan(planWith({}, base))).map(([path]) => path ?? "");
    expect(paths.toSorted()).toEqual([
      "/lines/0/amount",
      "/lines/0/included",
      "/lines/0/meter",
      "/lines/0/timing",
      "/lines/0/unit_price",
    ]);
  });

  test("a plan in order is taken as it is written", () => {
    expect(checkPlan(requestsPlan)).toEqual({ kind: "plan", plan: requestsPlan });
    const demanding = planWith({}, pricesOf({ a: "1", b: "2" }, { a: "1" }));
    expect(checkPlan(demanding)).toMatchObject({ kind: "plan" });
  });
});

describe("a contract is refused with the path of each fault", () => {
  const minimum = { amount: "1000" };
  const quantity = { meter: "requests", quantity: "100", shortfall_price: "0.01" };

  test.each([
    {
      given: "a minimum without a fallback",
      change: { minimum },
      path: "/fallback",
      code: "minimum_without_fallback",
    },
    {
      given: "a minimum finer than the cent",
      change: { minimum: { amount: "0.001" }, fallback: "floor" },
      path: "/minimum/amount",
      code: "amount_too_fine",
    },
    {
      given: "a quantity minimum without its price",
      change: { minimum: { meter: "requests", quantity: "100" }, fallback: "floor" },
      path: "/minimum/shortfall_price",
      code: "shortfall_price_missing",
    },
    {
      given: "a quantity minimum of an unknown meter",
      change: { minimum: { ...quantity, meter: "tokens" }, fallback: "floor" },
      path: "/minimum/meter",
      code: "meter_unknown",
    },
    {
      given: "a quantity minimum finer than the meter",
      change: { minimum: { ...quantity, quantity: "0.5" }, fallback: "floor" },
      path: "/minimum/quantity",
      code: "quantity_too_fine",
    },
    {
      given: "a minimum anchored at first usage",
      change: {
        minimum,
        fallback: "floor",
        cycle: { every: "anniversary", anchor: "first_usage" },
      },
      path: "/cycle/anchor",
      code: "minimum_without_anchor",
    },
    {
      given: "another plan",
      change: { plan: { id: "gold", version: 1 } },
      path: "/plan",
      code: "plan_unknown",
    },
    {
      given: "another version of the plan",
      change: { plan: { id: "requests", version: 2 } },
      path: "/plan",
      code: "plan_unknown",
    },
    {
      given: "another currency than the plan's",
      change: { currency: "EUR" },
      path: "/currency",
      code: "currency_differs",
    },
    {
      given: "a term that ends before it begins",
      change: { term: { from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z" } },
      path: "/term/to",
      code: "term_empty",
    },
    {
      given: "a day that does not exist",
      change: { term: { from: "2026-02-30T00:00:00Z", to: null } },
      path: "/term/from",
      code: "instant_unreal",
    },
    {
      given: "an instant inside of an hour",
      change: { first_report_by: "2026-01-01T00:30:00Z" },
      path: "/first_report_by",
      code: "value_malformed",
    },
    {
      given: "weights of nothing",
      change: { weights: { site: "0" } },
      path: "/weights",
      code: "weights_empty",
    },
    {
      given: "an unknown policy",
      change: { fallback: "guess" },
      path: "/fallback",
      code: "value_malformed",
    },
  ])("$given: $code at $path", ({ change, path, code }) => {
    const contract: unknown = { ...contractOf(), ...change };
    const checked = checkContract(contract, requestsPlan);
    expect(placesOf(checked)).toEqual([[path, code]]);
  });

  test("a contract in order is taken as it is written", () => {
    const contract = contractOf({
      minimum: { amount: "1000" },
      fallback: "share",
      weights: { site: "2.5" },
    });
    expect(checkContract(contract, requestsPlan)).toEqual({ kind: "contract", contract });
  });
});

describe("what docs/plans.md shows", () => {
  const page = readFileSync(new URL("../../../../docs/plans.md", import.meta.url), "utf8");
  const [plan, contract] = [...page.matchAll(/```json\n([^`]*)```/g)].map(
    ([, text = ""]): unknown => JSON.parse(text),
  );

  test("is a plan and a contract in order", () => {
    expect(checkPlan(plan)).toEqual({ kind: "plan", plan });
    expect(checkContract(contract, plan as PlanDocument)).toEqual({ kind: "contract", contract });
  });
});

describe("what the periods and the silence of a contract start from", () => {
  test("a cycle that starts with first usage has no periods before it", () => {
    const contract = contractOf({ cycle: { every: "days", days: 30, anchor: "first_usage" } });
    const anchor = parseInstant("2026-01-20T14:00:00Z");
    expect(cycleOf(contract, null)).toBeNull();
    expect(cycleOf(contract, anchor)).toEqual({ every: "days", days: 30, anchor });
  });

  test("an installation that is added later gets 30 days of its own", () => {
    expect(firstReportBy(contractOf(), parseInstant("2025-06-01T00:00:00Z"))).toBe(
      parseInstant("2026-01-31T00:00:00Z"),
    );
    expect(firstReportBy(contractOf(), parseInstant("2026-06-01T00:00:00Z"))).toBe(
      parseInstant("2026-07-01T00:00:00Z"),
    );
    const fixed = contractOf({ first_report_by: "2026-02-01T00:00:00Z" });
    expect(firstReportBy(fixed, parseInstant("2026-06-01T00:00:00Z"))).toBe(
      parseInstant("2026-02-01T00:00:00Z"),
    );
  });
});
