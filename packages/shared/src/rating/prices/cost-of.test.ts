/** Each price model by itself: what a quantity costs exactly, and the steps that lead to it. */

import { describe, expect, test } from "vitest";
import type { PriceModel } from "../../contracts/price-model.ts";
import { fraction, fractionOf, nothing } from "../../numbers/fraction.ts";
import { fractionText } from "../fraction-text.ts";
import { costOf, costOfMore } from "./cost-of.ts";

type Asked = { readonly per?: string; readonly events?: string };

/** `"exact"` and below it `step value: note`. */
function costs(price: PriceModel, quantity: string, { per = "1", events = "0" }: Asked = {}) {
  const { exact, steps } = costOf(price, fractionOf(quantity), fractionOf(per), fractionOf(events));
  return [
    fractionText(exact),
    ...steps.map(({ step, value, note }) => `${step} ${value}: ${note}`),
  ];
}

describe("packages", () => {
  const price = { model: "package", size: "1000", amount: "2.50" } as const;

  test("each one that is begun costs its amount", () => {
    expect(costs(price, "1000.5")).toEqual([
      "5",
      "packages 2: of 1,000 each, the last one begun",
      "exact 5: 2 × 2.50",
    ]);
  });

  test("what is free is named, and a quantity below it costs nothing", () => {
    const some = { ...price, free: "5000" };
    expect(costs(some, "4999")).toEqual([
      "0",
      "packages 0: of 1,000 each, the last one begun, 5,000 free",
      "exact 0: 0 × 2.50",
    ]);
    expect(costs(some, "6001")[0]).toBe("5");
  });
});

describe("blocks", () => {
  const price = {
    model: "blocks",
    tiers: [
      { block: "100", blocks_max: "2", amount: "10" },
      { block: "1000", blocks_max: "3", amount: "50" },
    ],
  } satisfies PriceModel;

  test("of one size, then of the next, each that is begun", () => {
    expect(costs(price, "201")).toEqual([
      "70",
      "tier 20: 2 blocks of 100 × 10",
      "tier 50: 1 blocks of 1,000 × 50",
    ]);
  });

  test("a tier that is not reached has no step", () => {
    expect(costs(price, "200")).toEqual(["20", "tier 20: 2 blocks of 100 × 10"]);
    expect(costs(price, "0")).toEqual(["0"]);
  });

  test("the last tier takes all that is left, whatever its most", () => {
    expect(costs(price, "5200")[2]).toBe("tier 250: 5 blocks of 1,000 × 50");
  });

  test("a tier without a most takes all that is left", () => {
    const open = { ...price, tiers: [{ block: "100", blocks_max: null, amount: "10" }] };
    expect(costs(open, "350")).toEqual(["40", "tier 40: 4 blocks of 100 × 10"]);
  });
});

describe("graduated", () => {
  const price = {
    model: "graduated",
    tiers: [
      { up_to: "1000", unit_price: "0.10", flat: "5" },
      { up_to: "2000", flat: "1500" },
      { up_to: null, unit_price: "0.05" },
    ],
  } satisfies PriceModel;

  test("each unit costs what its own tier says, with the flat fee of a tier that is entered", () => {
    expect(costs(price, "2500")).toEqual([
      "1630",
      "tier 105: up to 1,000: 1,000 × 0.10 + flat 5",
      "tier 1500: above 1,000, up to 2,000: flat 1,500",
      "tier 25: above 2,000: 500 × 0.05",
    ]);
    expect(costs(price, "1000")[0]).toBe("105");
  });

  test("nothing costs nothing, and the first flat fee where the plan says so", () => {
    expect(costs(price, "0")).toEqual(["0"]);
    expect(costs({ ...price, flat_at_zero: true }, "0")[0]).toBe("5");
  });

  test("a price for so many units", () => {
    expect(costs(price, "1000", { per: "1000" })[0]).toBe("5.1");
  });
});

describe("volume", () => {
  const price = {
    model: "volume",
    tiers: [
      { up_to: "1000", unit_price: "0.10", flat: "7" },
      { up_to: null, unit_price: "0.05" },
    ],
  } satisfies PriceModel;

  test("all units cost what the tier reached says", () => {
    expect(costs(price, "1000")).toEqual(["107", "tier 107: up to 1,000: 1,000 × 0.10 + flat 7"]);
    expect(costs(price, "1001")).toEqual(["50.05", "tier 50.05: above 1,000: 1,001 × 0.05"]);
  });

  test("nothing costs nothing, and the flat fee where the plan says so", () => {
    expect(costs(price, "0")).toEqual(["0"]);
    expect(costs({ ...price, flat_at_zero: true }, "0")).toEqual([
      "7",
      "tier 7: up to 1,000: 0 × 0.10 + flat 7",
    ]);
  });

  test("a tier of one price is for all", () => {
    const only = { ...price, tiers: [{ up_to: null, unit_price: "2" }] };
    expect(costs(only, "3")).toEqual(["6", "tier 6: all: 3 × 2"]);
  });
});

describe("percentage", () => {
  const price = {
    model: "percentage",
    percent: "2.9",
    free: "1000",
    event: { meter: "payments", amount: "0.30", free: "10" },
    minimum: "5.00",
    maximum: "100.00",
  } satisfies PriceModel;

  test("a part of the amount and a fee for each event, less what is free of either", () => {
    expect(costs(price, "2000", { events: "20" })).toEqual([
      "32",
      "tier 29: 2.9 % of 1,000, 1,000 free",
      "tier 3: 10 events × 0.30, 10 free",
    ]);
  });

  test("without anything free nothing is said about it", () => {
    const plain = {
      model: "percentage",
      percent: "1",
      event: { meter: "p", amount: "1" },
    } as const;
    expect(costs(plain, "50", { events: "2" })).toEqual([
      "2.5",
      "tier 0.5: 1 % of 50",
      "tier 2: 2 events × 1",
    ]);
  });

  test("at least and at most, where there was any", () => {
    expect(costs(price, "1100").at(-1)).toBe("minimum 5.00: at least");
    expect(costs(price, "1100")[0]).toBe("5");
    expect(costs(price, "9000").at(-1)).toBe("maximum 100.00: at most");
    expect(costs(price, "9000")[0]).toBe("100");
    expect(costs(price, "0")[0]).toBe("0");
  });

  test("what comes to a bound exactly is not bounded", () => {
    const exactly = { model: "percentage", percent: "10", minimum: "5", maximum: "6" } as const;
    expect(costs(exactly, "50")).toEqual(["5", "tier 5: 10 % of 50"]);
    expect(costs(exactly, "60")).toEqual(["6", "tier 6: 10 % of 60"]);
    expect(costs(exactly, "55")).toEqual(["5.5", "tier 5.5: 10 % of 55"]);
  });
});

test("graduated percentage: of each tier its own part, a flat fee where it has one", () => {
  const price = {
    model: "graduated_percentage",
    tiers: [
      { up_to: "1000", percent: "3", flat: "1500" },
      { up_to: null, percent: "1" },
    ],
  } satisfies PriceModel;
  expect(costs(price, "3000")).toEqual([
    "1550",
    "tier 1530: up to 1,000: 3 % of 1,000 + flat 1,500",
    "tier 20: above 1,000: 1 % of 2,000",
  ]);
  expect(costs(price, "1000")).toHaveLength(2);
});

test("more of a quantity costs what the whole does, less what was before", () => {
  const price: PriceModel = {
    model: "graduated",
    tiers: [
      { up_to: "10", unit_price: "3" },
      { up_to: null, unit_price: "1" },
    ],
  };
  const more = (before: string, after: string) =>
    fractionText(costOfMore(price, fractionOf(before), fractionOf(after), fraction(2n, 1n)));
  expect(more("8", "4")).toBe("4");
  expect(costOfMore(price, fractionOf("12"), nothing)).toEqual(nothing);
});
