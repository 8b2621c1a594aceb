/** Discounts of fees in advance: they come off the invoice that the fee stands on, the opening one and a year's included. */

import { describe, expect, test } from "vitest";
import type { ContractDocument } from "../contracts/contract.ts";
import type { PlanLine } from "../contracts/plan.ts";
import { amounts, rated } from "./rated.fixture.ts";

const lines: PlanLine[] = [
  { id: "fee", kind: "base", amount: "100.00", timing: "advance", year_months: "10" },
  { id: "requests", kind: "usage", meter: "requests", unit_price: "1" },
];
const half = [{ id: "half", percent: "50" }];

function off(contract: Partial<ContractDocument>, of: { scope?: "opening"; during?: string } = {}) {
  return amounts(rated({ lines, contract, used: "10", ...of }));
}

describe("a discount comes off a fee in advance", () => {
  test("on the opening statement", () => {
    expect(off({ discounts: half }, { scope: "opening" })).toEqual({
      fee: "100.00",
      "discount/half": "-50.00",
    });
  });

  test("of a whole year", () => {
    expect(off({ discounts: half, annual: true }, { scope: "opening" })).toEqual({
      fee: "1000.00",
      "discount/half": "-500.00",
    });
  });

  test("as an amount, on the opening statement too", () => {
    const discounts = [{ id: "welcome", amount: "30" }];
    expect(off({ discounts }, { scope: "opening" })).toMatchObject({
      "discount/welcome": "-30.00",
    });
  });

  test("that is for a time before the discount ends, and not off the next one", () => {
    const discounts = [{ id: "half", percent: "50", until: "2026-02-01T00:00:00Z" }];
    expect(off({ discounts }, { scope: "opening" })).toMatchObject({ "discount/half": "-50.00" });
    // January's usage of 10.00; February's fee stands beside it at its full price.
    expect(off({ discounts })).toMatchObject({ fee: "100.00", "discount/half": "-5.00" });
  });

  test("by what others took of it, and not by what they took of usage", () => {
    const discounts = [
      { id: "usage", percent: "50", on: ["usage" as const] },
      { id: "fee", percent: "10", on: ["base" as const] },
      { id: "both", percent: "10" },
    ];
    // 10.00 of usage and 100.00 of fee leave 5.00 and 90.00.
    expect(off({ discounts })).toMatchObject({
      "discount/usage": "-5.00",
      "discount/fee": "-10.00",
      "discount/both": "-9.50",
    });
  });

  test("is measured against a minimum with the period's own fee, not the next one's", () => {
    const minimum = { amount: "100", discounts: "after" as const };
    const term = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" };
    // The last period: no fee follows. 100.00 of fee and 10.00 of usage, less half of both, are 45.00 short.
    expect(off({ discounts: half, minimum, fallback: "floor", term })).toEqual({
      requests: "10.00",
      "discount/half": "-5.00",
      minimum: "45.00",
    });
  });
});
