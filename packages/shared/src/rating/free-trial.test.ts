/** Within a trial of usage nothing is due that usage is measured by: no least of a line, no flat fee, no contracted minimum. */

import { describe, expect, test } from "vitest";
import type { ContractDocument } from "../contracts/contract.ts";
import type { UsageLine } from "../contracts/plan.ts";
import { amounts, rated } from "./rated.fixture.ts";

const allOfJanuary = { to: "2026-02-01T00:00:00Z" };
const halfOfJanuary = { to: "2026-01-16T12:00:00Z" };
const late = [{ quantity: "10", window: "2026-01-20T00:00:00Z" }];
const flat: UsageLine["price"] = {
  model: "graduated",
  flat_at_zero: true,
  tiers: [{ up_to: null, unit_price: "1", flat: "20" }],
};
const contracted = { minimum: { amount: "1000" }, fallback: "floor" as const };
const quantity = {
  minimum: { meter: "requests", quantity: "1000", shortfall_price: "1" },
  fallback: "floor" as const,
};

describe("a trial of all of January", () => {
  test.each<{ given: string; line?: Partial<UsageLine>; contract?: Partial<ContractDocument> }>([
    { given: "a least of the line", line: { minimum: "50" } },
    { given: "a flat fee without usage", line: { price: flat } },
    { given: "a minimum of an amount", contract: contracted },
    { given: "a minimum of a quantity", contract: quantity },
  ])("leaves nothing due of $given", ({ line = {}, contract }) => {
    const of = { line, contract: { ...contract, trial: allOfJanuary }, used: "10" };
    expect(amounts(rated(of))).toEqual({ requests: "0.00" });
  });

  test("of base fees alone leaves the minimum whole", () => {
    const trial = { ...allOfJanuary, covers: ["base" as const] };
    const contract = { ...contracted, trial };
    expect(amounts(rated({ contract, used: "10" }))).toEqual({
      requests: "10.00",
      minimum: "990.00",
    });
  });
});

describe("a trial of half of January", () => {
  test.each<{
    given: string;
    line?: Partial<UsageLine>;
    contract?: Partial<ContractDocument>;
    due: Record<string, string>;
  }>([
    {
      given: "a least of the line",
      line: { minimum: "50" },
      due: { requests: "10.00", "requests#minimum": "15.00" },
    },
    {
      given: "a minimum of an amount",
      contract: contracted,
      due: { requests: "10.00", minimum: "490.00" },
    },
    {
      given: "a minimum of a quantity",
      contract: quantity,
      due: { requests: "10.00", "requests#shortfall": "490.00" },
    },
    {
      given: "a minimum that is not prorated otherwise",
      contract: { ...contracted, prorate: { minimum: false } },
      due: { requests: "10.00", minimum: "490.00" },
    },
  ])("leaves half of $given", ({ line = {}, contract, due }) => {
    const of = { line, contract: { ...contract, trial: halfOfJanuary }, used: late };
    expect(amounts(rated(of))).toEqual(due);
  });
});
