/** Packs: which purchases are of a period, in which order their lots are used up, and which are still to be paid. */

import { describe, expect, test } from "vitest";
import type { UsageLine } from "../contracts/plan.ts";
import { fractionOf } from "../numbers/fraction.ts";
import { fractionText } from "./fraction-text.ts";
import type { Lot } from "./packs.ts";
import { drawnFrom, lotsOf, purchasesIn, takePacks } from "./packs.ts";
import type { Portion } from "./portion.ts";
import { contractOf, inputsOf } from "./rating.fixture.ts";
import { computeStatement } from "./compute-statement.ts";

const line: UsageLine = {
  id: "requests",
  kind: "usage",
  meter: "requests",
  unit_price: "0.01",
  packs: [
    { id: "small", quantity: "100", amount: "1.00" },
    { id: "large", quantity: "1000", amount: "8.00" },
  ],
};
const period = {
  from: "2026-01-01T00:00:00Z",
  to: "2026-02-01T00:00:00Z",
  cycle_from: "2026-01-01T00:00:00Z",
  cycle_to: "2026-02-01T00:00:00Z",
};
const bought = (id: string, at: string, change: { pack?: string; line?: string } = {}) => ({
  id,
  line: "requests",
  pack: "small",
  at: `2026-${at}:00:00Z`,
  ...change,
});
const idsOf = (...packs: ReturnType<typeof bought>[]) =>
  purchasesIn(line, { packs }, period).map(({ id }) => id);

describe("the purchases of a period", () => {
  test("are those of the line, from its first instant to before its last", () => {
    const found = idsOf(
      bought("before", "01-01T00", { line: "tokens" }),
      bought("first", "01-01T00"),
      bought("last", "01-31T23"),
      bought("after", "02-01T00"),
    );
    expect(found).toEqual(["first", "last"]);
  });

  test("stand in the order of their purchase, at one instant in that of their ids", () => {
    const found = idsOf(
      bought("d", "01-20T00"),
      bought("b", "01-10T00"),
      bought("a", "01-10T00"),
      bought("c", "01-10T00"),
      bought("e", "01-05T00"),
    );
    expect(found).toEqual(["e", "a", "b", "c", "d"]);
  });

  test("carry the quantity and the amount of their own pack; one that the plan no longer has is none", () => {
    const packs = [
      bought("1", "01-02T00", { pack: "large" }),
      bought("2", "01-03T00", { pack: "x" }),
    ];
    expect(purchasesIn(line, { packs }, period)).toMatchObject([
      { id: "1", quantity: "1000", amount: "8.00" },
    ]);
    expect(purchasesIn({ ...line, packs: [] }, { packs }, period)).toEqual([]);
    const { packs: _, ...without } = line;
    expect(purchasesIn(without, { packs }, period)).toEqual([]);
    expect(purchasesIn(line, {}, period)).toEqual([]);
  });
});

const lot = (id: string, left: string): Lot => ({ id, left: fractionOf(left) });
const shown = (lots: readonly Lot[]) => lots.map(({ id, left }) => `${id} ${fractionText(left)}`);

describe("lots", () => {
  test("what is left from before comes before what was bought, and only that of the line", () => {
    const carried = {
      packs: [
        { id: "old", line: "requests", left: "7" },
        { id: "other", line: "tokens", left: "9" },
      ],
    };
    const lots = lotsOf(
      line,
      carried,
      purchasesIn(line, { packs: [bought("new", "01-02T00")] }, period),
    );
    expect(shown(lots)).toEqual(["old 7", "new 100"]);
    expect(lotsOf(line, {}, [])).toEqual([]);
  });

  test("are used up one after the other", () => {
    const { taken, lots } = drawnFrom(
      [lot("a", "5"), lot("b", "5"), lot("c", "5")],
      fractionOf("7"),
    );
    expect(fractionText(taken)).toBe("7");
    expect(shown(lots)).toEqual(["a 0", "b 3", "c 5"]);
  });

  test("give no more than they hold, and only to what was used", () => {
    const portion = (kind: Portion["kind"], quantity: string): Portion => ({
      id: kind,
      kind,
      description: "",
      counts: null,
      meter: "requests",
      unit: "request",
      dimensions: null,
      price: { kind: "unit", unitPrice: { coefficient: 1n, scale: 0 } },
      quantity: fractionOf(quantity),
      steps: [],
    });
    const portions = (["share", "usage", "overage", "shortfall", "estimate"] as const).map((kind) =>
      portion(kind, "2000"),
    );
    const { portions: left, lots } = takePacks(portions, [lot("a", "3000"), lot("b", "2500")]);
    expect(left.map(({ id, quantity }) => `${id} ${fractionText(quantity)}`)).toEqual([
      "share 2000",
      "usage 0",
      "overage 0",
      "shortfall 2000",
      "estimate 500",
    ]);
    expect(left[1]?.steps).toEqual([
      {
        step: "pack",
        value: "-2000",
        note: "from packs bought before: 3,500 request left in them",
      },
      { step: "billable", value: "0", note: "request to bill" },
    ]);
    expect(lots).toEqual([]);
  });
});

test("a pack that was paid when it was bought is no line, the others are, and only what is left is carried", () => {
  const contract = contractOf({
    packs: [
      { ...bought("p", "01-02T00"), paid: true },
      bought("q", "01-03T00"),
      bought("r", "01-04T00"),
    ],
  });
  const inputs = inputsOf({
    plan: {
      version: 1,
      id: "requests",
      currency: "USD",
      meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
      lines: [line],
    },
    contract,
    now: "3 Mar",
    installations: [],
    usage: [{ quantity: "120" }],
  });
  const { lines, carry = {} } = computeStatement(inputs);
  const packs = lines.filter(({ kind }) => kind === "pack");
  expect(packs.map(({ id, amount }) => `${id} ${amount}`)).toEqual([
    "requests#pack-q 1.00",
    "requests#pack-r 1.00",
  ]);
  expect(packs[0]).toMatchObject({
    description: "requests: pack small, +100, bought 2026-01-03",
    computation: [{ step: "amount", value: "1.00", note: "USD a pack" }],
  });
  expect(carry.packs).toEqual([
    { id: "q", line: "requests", left: "80" },
    { id: "r", line: "requests", left: "100" },
  ]);
});
