/** What a plan or a contract says and what could never come true: refused at its place, instead of billed as nobody meant it. */

import { describe, expect, test } from "vitest";
import { checkContract } from "./check-contract.ts";
import { checkPlan } from "./check-plan.ts";
import type { PlanDocument } from "./plan.ts";

type Json = Record<string, unknown>;

const meterOf = (more: Json = {}): Json => ({
  name: "requests",
  unit: "request",
  aggregation: "sum",
  scale: 0,
  ...more,
});
const greatest = meterOf({ aggregation: "max", over_period: "max" });

function planOf(line: Json, more: Json = {}): Json {
  return {
    version: 1,
    id: "standard",
    currency: "USD",
    meters: [meterOf()],
    lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "1", ...line }],
    ...more,
  };
}

function faultsOfPlan(plan: Json): string[] {
  const checked = checkPlan(plan);
  return checked.kind === "plan" ? [] : checked.faults.map(({ path, code }) => `${path} ${code}`);
}

const model = (price: Json) => ({ unit_price: undefined, price });
const blocks = (blocks_max: string) =>
  model({
    model: "blocks",
    tiers: [
      { block: "10", blocks_max, amount: "1" },
      { block: "5", blocks_max: null, amount: "1" },
    ],
  });
const percentage = (meter: string) =>
  model({ model: "percentage", percent: "1", event: { meter, amount: "1" } });
const packOf = (quantity: string, amount: string) => ({
  included: "10",
  packs: [{ id: "a", quantity, amount }],
});
const prepaid = { credits: { unit: "credit", settled: "prepaid" } };

describe("a plan is refused that has", () => {
  test.each<{ given: string; plan: Json; fault: string }>([
    {
      given: "no block of a size",
      plan: planOf(blocks("0")),
      fault: "/lines/0/price/tiers/0/blocks_max blocks_not_whole",
    },
    {
      given: "two and a half blocks",
      plan: planOf(blocks("2.5")),
      fault: "/lines/0/price/tiers/0/blocks_max blocks_not_whole",
    },
    {
      given: "a day's quota of a greatest value",
      plan: planOf({ included: { quantity: "2", per: "day" } }, { meters: [greatest] }),
      fault: "/lines/0/included/per quota_needs_sum",
    },
    {
      given: "events that are the amount itself",
      plan: planOf(percentage("requests")),
      fault: "/lines/0/price/event/meter meter_priced_twice",
    },
    {
      given: "events that another line prices",
      plan: planOf(percentage("events"), {
        meters: [meterOf(), meterOf({ name: "events" })],
        lines: [
          { id: "requests", kind: "usage", meter: "requests", ...percentage("events") },
          { id: "events", kind: "usage", meter: "events", unit_price: "1" },
        ],
      }),
      fault: "/lines/0/price/event/meter meter_priced_twice",
    },
    {
      given: "events that do not add up",
      plan: planOf(percentage("events"), {
        meters: [meterOf(), meterOf({ name: "events", aggregation: "max" })],
      }),
      fault: "/lines/0/price/event/meter meter_not_additive",
    },
    {
      given: "a pack of nothing",
      plan: planOf(packOf("0", "1")),
      fault: "/lines/0/packs/0/quantity size_zero",
    },
    {
      given: "a pack of half a request",
      plan: planOf(packOf("1.5", "1")),
      fault: "/lines/0/packs/0/quantity quantity_too_fine",
    },
    {
      given: "a pack for half a cent",
      plan: planOf(packOf("1", "1.005")),
      fault: "/lines/0/packs/0/amount amount_too_fine",
    },
    {
      given: "a least of half a cent",
      plan: planOf({ minimum: "1.005" }),
      fault: "/lines/0/minimum amount_too_fine",
    },
    {
      given: "a least of a line in credits",
      plan: planOf({ in: "credits", minimum: "5" }, prepaid),
      fault: "/lines/0/minimum minimum_in_credits",
    },
    {
      given: "credits that no line is in",
      plan: planOf({}, prepaid),
      fault: "/credits credits_unused",
    },
    {
      given: "thresholds of nothing",
      plan: planOf({ thresholds: ["50"] }),
      fault: "/lines/0/thresholds quota_missing",
    },
    {
      given: "a stop before the quota's end",
      plan: planOf({ included: "100", limits: [{ at: "50", do: "stop" }] }),
      fault: "/lines/0/limits/0/at quota_unreachable",
    },
    {
      given: "a price of what is left out",
      plan: planOf({
        unbilled: [{ dimensions: { key: "own" }, why: "own key" }],
        prices: [{ dimensions: { key: "own", model: "a" }, unit_price: "1" }],
      }),
      fault: "/lines/0/prices/0/dimensions price_unreachable",
    },
    {
      given: "everything left out",
      plan: planOf({ unbilled: [{ dimensions: {}, why: "free" }] }),
      fault: "/lines/0/unbilled/0/dimensions unbilled_matches_all",
    },
    {
      given: "two amounts for one option",
      plan: planOf(
        {},
        {
          lines: [
            { id: "requests", kind: "usage", meter: "requests", unit_price: "1" },
            {
              id: "fee",
              kind: "base",
              amount: "9",
              timing: "arrears",
              variants: [
                { option: "byok", amount: "5" },
                { option: "byok", amount: "4" },
              ],
            },
          ],
        },
      ),
      fault: "/lines/1/variants/1/option option_duplicate",
    },
    {
      given: "more than all of it as a discount",
      plan: planOf({ discount: "100.5" }),
      fault: "/lines/0/discount value_malformed",
    },
  ])("$given", ({ plan, fault }) => {
    expect(faultsOfPlan(plan)).toEqual([fault]);
  });

  test("none of it, where thresholds are of a stop, a stop is by seat, and a discount is all of it", () => {
    const limits = [{ at: "50", do: "stop" }];
    expect(faultsOfPlan(planOf({ thresholds: ["50"], limits }))).toEqual([]);
    const bySeat = [{ at: "50", per: "seat", do: "stop" }];
    expect(faultsOfPlan(planOf({ included: "100", limits: bySeat }))).toEqual([]);
    expect(faultsOfPlan(planOf({ discount: "100.00" }))).toEqual([]);
  });
});

const plan = planOf(
  { included: "10", overage: "opt_in", packs: [{ id: "small", quantity: "5", amount: "1" }] },
  {},
) as unknown as PlanDocument;
const term = { from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z" };
const days = { every: "days", days: 30 };

function contractOf(more: Json): Json {
  return {
    version: 1,
    id: "acme-2026",
    customer: "acme",
    plan: { id: "standard", version: 1 },
    term,
    cycle: { every: "month" },
    ...more,
  };
}

function faultsOfContract(contract: Json, of: PlanDocument = plan): string[] {
  const checked = checkContract(contract, of);
  return checked.kind === "contract"
    ? []
    : checked.faults.map(({ path, code }) => `${path} ${code}`);
}

describe("a contract is refused that has", () => {
  test.each<{ given: string; contract: Json; fault: string }>([
    {
      given: "a commitment that outlasts its term",
      contract: { commitment: { amount: "100", to: "2028-01-01T00:00:00Z" } },
      fault: "/commitment/to commitment_beyond_term",
    },
    {
      given: "a commitment that ends inside of a period",
      contract: { commitment: { amount: "100", to: "2026-03-10T00:00:00Z" } },
      fault: "/commitment/to commitment_inside_period",
    },
    {
      given: "a commitment that nothing may ever begin",
      contract: { commitment: { amount: "100" }, cycle: { ...days, anchor: "first_usage" } },
      fault: "/cycle/anchor minimum_without_anchor",
    },
    {
      given: "a commitment of half a cent",
      contract: { commitment: { amount: "100.005" } },
      fault: "/commitment/amount amount_too_fine",
    },
    {
      given: "a discount of half a cent",
      contract: { discounts: [{ id: "a", amount: "1.005" }] },
      fault: "/discounts/0/amount amount_too_fine",
    },
    {
      given: "a pack bought before its term",
      contract: {
        packs: [{ id: "p", line: "requests", pack: "small", at: "2025-12-31T23:00:00Z" }],
      },
      fault: "/packs/0/at pack_outside_term",
    },
    {
      given: "a pack bought after its term",
      contract: {
        packs: [{ id: "p", line: "requests", pack: "small", at: "2027-01-01T00:00:00Z" }],
      },
      fault: "/packs/0/at pack_outside_term",
    },
    {
      given: "two hours of opting in",
      contract: {
        overage: [
          { line: "requests", from: "2026-01-01T00:00:00Z" },
          { line: "requests", from: "2026-02-01T00:00:00Z" },
        ],
      },
      fault: "/overage/1/line overage_duplicate",
    },
    {
      given: "two prices of one thing",
      contract: {
        prices: [
          { line: "requests", unit_price: "1" },
          { line: "requests", unit_price: "2" },
        ],
      },
      fault: "/prices/1 price_duplicate",
    },
  ])("$given", ({ contract, fault }) => {
    expect(faultsOfContract(contractOf(contract))).toEqual([fault]);
  });

  test("none of it, where a commitment ends with a cycle of days", () => {
    const cycle = { ...days, anchor: "term_start" };
    const commitment = { amount: "100", to: "2026-03-02T00:00:00Z" };
    expect(faultsOfContract(contractOf({ cycle, commitment }))).toEqual([]);
  });

  test("none of it, where a contracted price stands in a parameter's place", () => {
    const open = planOf(
      { unit_price: "$overage" },
      { parameters: { overage: "what a request costs" } },
    ) as unknown as PlanDocument;
    const contract = contractOf({
      parameters: { overage: "0.000000000000000001" },
      prices: [{ line: "requests", unit_price: "0.5" }],
    });
    expect(faultsOfContract(contract, open)).toEqual([]);
  });
});
