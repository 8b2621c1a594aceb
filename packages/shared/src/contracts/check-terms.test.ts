/** What the wider terms of plans and contracts may not say: each contradiction at its place. */

import { describe, expect, test } from "vitest";
import { checkContract } from "./check-contract.ts";
import { checkPlan } from "./check-plan.ts";

type Json = Record<string, unknown>;

const line: Json = { id: "requests", kind: "usage", meter: "requests", unit_price: "1" };

function planOf(change: Json = {}, more: Json = {}): Json {
  return {
    version: 1,
    id: "standard",
    currency: "USD",
    meters: [
      {
        name: "requests",
        unit: "request",
        aggregation: "sum",
        scale: 0,
        ...(more["meter"] as Json),
      },
    ],
    lines: [{ ...line, ...change }, ...((more["lines"] as Json[] | undefined) ?? [])],
    ...(more["plan"] as Json),
  };
}

function faultsOfPlan(plan: Json): string[] {
  const checked = checkPlan(plan);
  return checked.kind === "plan" ? [] : checked.faults.map(({ path, code }) => `${path} ${code}`);
}

const price = (model: Json) => ({ unit_price: undefined, price: model });
const overlapping = [
  { up_to: "10", unit_price: "1" },
  { up_to: "5", unit_price: "1" },
  { up_to: null, unit_price: "1" },
];
const tiers = (...bounds: (string | null)[]) => bounds.map((up_to) => ({ up_to, unit_price: "1" }));

describe("a plan is refused", () => {
  test.each<{ given: string; plan: Json; fault: string }>([
    {
      given: "tiers that overlap",
      plan: planOf(price({ model: "graduated", tiers: tiers("10", "5", null) })),
      fault: "/lines/0/price/tiers/1/up_to tiers_overlap",
    },
    {
      given: "tiers of one bound",
      plan: planOf(price({ model: "volume", tiers: tiers("10", "10", null) })),
      fault: "/lines/0/price/tiers/1/up_to tiers_overlap",
    },
    {
      given: "a tier of nothing",
      plan: planOf(price({ model: "volume", tiers: tiers("0", null) })),
      fault: "/lines/0/price/tiers/0/up_to tiers_overlap",
    },
    {
      given: "no last tier",
      plan: planOf(price({ model: "graduated", tiers: tiers("10") })),
      fault: "/lines/0/price/tiers/0/up_to tiers_without_end",
    },
    {
      given: "a tier behind the last",
      plan: planOf(price({ model: "graduated", tiers: tiers(null, "10") })),
      fault: "/lines/0/price/tiers/1 tier_unreachable",
    },
    {
      given: "a tier without a price",
      plan: planOf(price({ model: "volume", tiers: [{ up_to: null }] })),
      fault: "/lines/0/price/tiers/0 tier_without_price",
    },
    {
      given: "a percentage's tiers that overlap",
      plan: planOf(
        price({
          model: "graduated_percentage",
          tiers: [
            { up_to: "9", percent: "1" },
            { up_to: "8", percent: "2" },
            { up_to: null, percent: "3" },
          ],
        }),
      ),
      fault: "/lines/0/price/tiers/1/up_to tiers_overlap",
    },
    {
      given: "packages of nothing",
      plan: planOf(price({ model: "package", size: "0", amount: "1" })),
      fault: "/lines/0/price/size size_zero",
    },
    {
      given: "blocks of nothing",
      plan: planOf(
        price({ model: "blocks", tiers: [{ block: "0", blocks_max: null, amount: "1" }] }),
      ),
      fault: "/lines/0/price/tiers/0/block size_zero",
    },
    {
      given: "a least above the most",
      plan: planOf(price({ model: "percentage", percent: "1", minimum: "5", maximum: "4" })),
      fault: "/lines/0/price/minimum minimum_above_maximum",
    },
    {
      given: "a line's least above its most",
      plan: planOf({ minimum: "5", maximum: "4" }),
      fault: "/lines/0/minimum minimum_above_maximum",
    },
    {
      given: "events of no meter",
      plan: planOf(
        price({ model: "percentage", percent: "1", event: { meter: "events", amount: "1" } }),
      ),
      fault: "/lines/0/price/event/meter meter_unknown",
    },
    {
      given: "`per` of packages",
      plan: planOf({ ...price({ model: "package", size: "1", amount: "1" }), per: "1000" }),
      fault: "/lines/0/per per_without_unit_price",
    },
    {
      given: "two default prices",
      plan: planOf({ price: { model: "package", size: "1", amount: "1" } }),
      fault: "/lines/0/unit_price default_price_unclear",
    },
    {
      given: "an entry without a price",
      plan: planOf({ prices: [{ dimensions: { a: "b" } }] }),
      fault: "/lines/0/prices/0/unit_price price_unclear",
    },
    {
      given: "a rate of 30 digits",
      plan: planOf({ unit_price: "0.123456789012345678901234567890" }),
      fault: "/lines/0/unit_price value_malformed",
    },
    {
      given: "cycles of what was not held",
      plan: planOf({ convert: { unit: "x", divide_by: "cycle_seconds" } }),
      fault: "/lines/0/convert/divide_by conversion_needs_time",
    },
    {
      given: "a division by nothing",
      plan: planOf({ convert: { unit: "x", divide_by: "0" } }),
      fault: "/lines/0/convert/divide_by size_zero",
    },
    {
      given: "instants of what was not held",
      plan: planOf({ included: { quantity: "1", per: "instant" } }),
      fault: "/lines/0/included/per quota_needs_time",
    },
    {
      given: "a day that rolls over",
      plan: planOf({ included: { quantity: "1", per: "day" }, rollover: {} }),
      fault: "/lines/0/included/per quota_does_not_last",
    },
    {
      given: "a day's quota of rounded units",
      plan: planOf({
        included: { quantity: "1", per: "day" },
        convert: { unit: "x", divide_by: "10", round: "up" },
      }),
      fault: "/lines/0/convert/round rounding_hides_quota",
    },
    {
      given: "rollover without a quota",
      plan: planOf({ rollover: {} }),
      fault: "/lines/0/rollover quota_missing",
    },
    {
      given: "packs without a quota",
      plan: planOf({ packs: [{ id: "a", quantity: "1", amount: "1" }] }),
      fault: "/lines/0/packs quota_missing",
    },
    {
      given: "two packs of one name",
      plan: planOf({
        included: "1",
        packs: [
          { id: "a", quantity: "1", amount: "1" },
          { id: "a", quantity: "2", amount: "1" },
        ],
      }),
      fault: "/lines/0/packs/1/id pack_duplicate",
    },
    {
      given: "a throttle without a rate",
      plan: planOf({ limits: [{ at: "1", do: "throttle" }] }),
      fault: "/lines/0/limits/0/rate limit_rate_unclear",
    },
    {
      given: "a stop with a rate",
      plan: planOf({ limits: [{ at: "1", do: "stop", rate: "1/s" }] }),
      fault: "/lines/0/limits/0/rate limit_rate_unclear",
    },
    {
      given: "limits that fall",
      plan: planOf({
        limits: [
          { at: "5", do: "throttle", rate: "1/s" },
          { at: "5", do: "stop" },
        ],
      }),
      fault: "/lines/0/limits/1/at limit_unreachable",
    },
    {
      given: "credits of no plan",
      plan: planOf({ in: "credits" }),
      fault: "/lines/0/in credits_undeclared",
    },
    {
      given: "invoiced credits without a price",
      plan: planOf(
        { in: "credits" },
        { plan: { credits: { unit: "credit", settled: "invoiced" } } },
      ),
      fault: "/credits/exchange exchange_missing",
    },
    {
      given: "a parameter that nobody declares",
      plan: planOf({ unit_price: "$rate" }),
      fault: "/parameters parameter_undeclared",
    },
    {
      given: "a parameter that nothing uses",
      plan: planOf({}, { plan: { parameters: { rate: "a rate" } } }),
      fault: "/parameters/rate parameter_unused",
    },
    {
      given: "a year in arrears",
      plan: planOf(
        {},
        { lines: [{ id: "fee", kind: "base", amount: "1", timing: "arrears", year_months: "10" }] },
      ),
      fault: "/lines/1/year_months year_in_arrears",
    },
    {
      given: "a figure of a meter that adds up",
      plan: planOf({}, { meter: { over_period: "max" } }),
      fault: "/meters/0/over_period meter_adds_up",
    },
    {
      given: "a variant with too many decimals",
      plan: planOf(
        {},
        {
          lines: [
            {
              id: "fee",
              kind: "base",
              amount: "1",
              timing: "advance",
              variants: [{ option: "a", amount: "0.001" }],
            },
          ],
        },
      ),
      fault: "/lines/1/variants/0/amount amount_too_fine",
    },
  ])("for $given", ({ plan, fault }) => {
    expect(faultsOfPlan(JSON.parse(JSON.stringify(plan)) as Json)).toContain(fault);
  });
});

const offered = planOf(
  {
    included: { quantity: "$quota", per: "seat" },
    overage: "opt_in",
    packs: [{ id: "small", quantity: "10", amount: "1" }],
  },
  {
    plan: { parameters: { quota: "the quota of a seat" } },
    lines: [
      {
        id: "fee",
        kind: "base",
        amount: "1",
        timing: "advance",
        year_months: "10",
        variants: [{ option: "byok", amount: "1" }],
      },
    ],
  },
);

function faultsOfContract(change: Json): string[] {
  const checked = checkPlan(offered);
  if (checked.kind === "faults") throw new Error(JSON.stringify(checked.faults));
  const contract = {
    version: 1,
    id: "acme",
    customer: "acme",
    plan: { id: "standard", version: 1 },
    term: { from: "2026-01-01T00:00:00Z", to: null },
    cycle: { every: "month" },
    parameters: { quota: "100" },
    seats: "2",
    ...change,
  };
  const found = checkContract(JSON.parse(JSON.stringify(contract)), checked.plan);
  return found.kind === "contract" ? [] : found.faults.map(({ path, code }) => `${path} ${code}`);
}

const january = "2026-01-01T00:00:00Z";
const february = "2026-02-01T00:00:00Z";

describe("a contract is refused", () => {
  test("for nothing, when it takes what the plan offers", () => {
    const contract = {
      options: ["byok"],
      annual: true,
      trial: { to: february },
      overage: [{ line: "requests", from: january }],
      packs: [{ id: "p1", line: "requests", pack: "small", at: january }],
      seats: [
        { from: january, seats: "2" },
        { from: february, seats: "3" },
      ],
      discounts: [{ id: "a", percent: "10" }],
      commitment: { amount: "100", to: "2027-01-01T00:00:00Z" },
    };
    expect(faultsOfContract(contract)).toEqual([]);
  });

  test.each<{ given: string; contract: Json; fault: string }>([
    {
      given: "a parameter that is missing",
      contract: { parameters: {} },
      fault: "/parameters/quota parameter_missing",
    },
    {
      given: "a parameter that the plan has not",
      contract: { parameters: { quota: "1", rate: "1" } },
      fault: "/parameters/rate parameter_unknown",
    },
    {
      given: "a parameter under which the plan does not hold",
      contract: { parameters: { quota: "1.5" } },
      fault: "/parameters quantity_too_fine",
    },
    {
      given: "an amount that is a parameter",
      contract: { minimum: { amount: "$quota" }, fallback: "floor" },
      fault: "/minimum/amount value_malformed",
    },
    { given: "no seats", contract: { seats: undefined }, fault: "/seats seats_missing" },
    {
      given: "seats out of order",
      contract: {
        seats: [
          { from: january, seats: "1" },
          { from: january, seats: "2" },
        ],
      },
      fault: "/seats/1/from seats_unordered",
    },
    {
      given: "seats that begin late",
      contract: { seats: [{ from: february, seats: "1" }] },
      fault: "/seats/0/from seats_begin_late",
    },
    {
      given: "an option that the plan has not",
      contract: { options: ["gold"] },
      fault: "/options/0 option_unknown",
    },
    {
      given: "years of 30-day cycles",
      contract: { annual: true, cycle: { every: "days", days: 30 } },
      fault: "/annual year_of_days",
    },
    {
      given: "overage of a line that does not ask",
      contract: { overage: [{ line: "fee", from: january }] },
      fault: "/overage/0/line overage_not_optional",
    },
    {
      given: "a pack that is not sold",
      contract: { packs: [{ id: "p", line: "requests", pack: "big", at: january }] },
      fault: "/packs/0/pack pack_unknown",
    },
    {
      given: "one purchase twice",
      contract: {
        packs: [1, 2].map(() => ({ id: "p", line: "requests", pack: "small", at: january })),
      },
      fault: "/packs/1/id pack_duplicate",
    },
    {
      given: "a trial before the term",
      contract: { trial: { to: january } },
      fault: "/trial/to trial_empty",
    },
    {
      given: "a commitment without an end",
      contract: { commitment: { amount: "1" } },
      fault: "/commitment/to commitment_without_end",
    },
    {
      given: "a discount of two kinds",
      contract: { discounts: [{ id: "a", percent: "1", amount: "1" }] },
      fault: "/discounts/0 discount_unclear",
    },
    {
      given: "a discount of no kind",
      contract: { discounts: [{ id: "a" }] },
      fault: "/discounts/0 discount_unclear",
    },
    {
      given: "one discount twice",
      contract: {
        discounts: [
          { id: "a", percent: "1" },
          { id: "a", percent: "1" },
        ],
      },
      fault: "/discounts/1/id discount_duplicate",
    },
    {
      given: "a discount over everything",
      contract: { discounts: [{ id: "a", percent: "101" }] },
      fault: "/discounts/0/percent value_malformed",
    },
    {
      given: "a contracted price of a line that the plan has not",
      contract: { prices: [{ line: "storage", unit_price: "1" }] },
      fault: "/prices/0/line line_unknown",
    },
    {
      given: "a contracted price of two kinds",
      contract: {
        prices: [
          {
            line: "requests",
            unit_price: "1",
            price: { model: "package", size: "2", amount: "1" },
          },
        ],
      },
      fault: "/prices/0/unit_price price_unclear",
    },
    {
      given: "a contracted price of no kind",
      contract: { prices: [{ line: "requests" }] },
      fault: "/prices/0/unit_price price_unclear",
    },
    {
      given: "a contracted price whose tiers overlap",
      contract: {
        prices: [{ line: "requests", price: { model: "graduated", tiers: overlapping } }],
      },
      fault: "/prices tiers_overlap",
    },
    {
      given: "an end of the term that nobody knows",
      contract: { after_term: "renew" },
      fault: "/after_term value_malformed",
    },
    {
      given: "a day that there is not",
      contract: { trial: { to: "2026-02-30T00:00:00Z" } },
      fault: "/trial/to instant_unreal",
    },
  ])("for $given", ({ contract, fault }) => {
    expect(faultsOfContract(contract)).toContain(fault);
  });
});
