/** Prices that a contract agreed on: they take the list prices' place, keep the plan's order, and end with the term where it says so. */

import { describe, expect, test } from "vitest";
import type { ContractDocument, ContractPrice } from "../contracts/contract.ts";
import type { PlanDocument } from "../contracts/plan.ts";
import { computeStatement } from "./compute-statement.ts";
import { contractOf, inputsOf } from "./rating.fixture.ts";
import type { Statement } from "./statement.ts";

const plan: PlanDocument = {
  version: 1,
  id: "requests",
  currency: "USD",
  meters: [{ name: "tokens", unit: "token", aggregation: "sum", scale: 0 }],
  lines: [
    {
      id: "tokens",
      kind: "usage",
      meter: "tokens",
      included: "100",
      prices: [
        { dimensions: { model: "large", direction: "output" }, unit_price: "5" },
        { dimensions: { direction: "output" }, unit_price: "3" },
      ],
      unit_price: "1",
    },
  ],
};

const tokens = (quantity: string, dimensions: Record<string, string>) => ({
  meter: "tokens",
  quantity,
  dimensions,
});
const used = [
  tokens("100", { model: "large", direction: "output" }),
  tokens("10", { model: "small", direction: "output" }),
  tokens("10", { model: "small", direction: "input" }),
];

/** The periods are those of an open term, so that one of them may lie behind the contract's own. */
function rated(terms: Partial<ContractDocument>, during = "1 Jan"): Statement {
  const contract = contractOf(terms);
  const open = { ...contract, term: { ...contract.term, to: null } };
  const situation = { plan, contract: open, now: "3 Mar", during, installations: [], usage: used };
  return computeStatement({ ...inputsOf(situation), contract });
}

function amounts({ lines }: Statement): Record<string, string> {
  return Object.fromEntries(lines.map(({ id, amount }) => [id, amount]));
}

describe("a contracted price", () => {
  test.each<{ given: string; prices: ContractPrice[]; expected: Record<string, string> }>([
    {
      given: "nothing: list prices, the dearest first under the quota",
      prices: [],
      expected: {
        "tokens/direction=output,model=large": "0.00",
        "tokens/direction=output": "30.00",
        tokens: "10.00",
      },
    },
    {
      given: "a price of the plan: it takes its place",
      prices: [{ line: "tokens", dimensions: { direction: "output" }, unit_price: "2.50" }],
      expected: {
        "tokens/direction=output,model=large": "0.00",
        "tokens/direction=output": "25.00",
        tokens: "10.00",
      },
    },
    {
      given: "the rest of the line",
      prices: [{ line: "tokens", unit_price: "0.50" }],
      expected: {
        "tokens/direction=output,model=large": "0.00",
        "tokens/direction=output": "30.00",
        tokens: "5.00",
      },
    },
    {
      given: "a part of what a price of the plan matches: it is reached before it",
      prices: [
        { line: "tokens", dimensions: { direction: "output", model: "small" }, unit_price: "2" },
      ],
      expected: {
        "tokens/direction=output,model=large": "0.00",
        "tokens/direction=output,model=small": "20.00",
        tokens: "10.00",
      },
    },
    {
      given: "what only the rest matched: behind the plan's own prices",
      prices: [
        {
          line: "tokens",
          dimensions: { direction: "input" },
          price: { model: "package", size: "4", amount: "1" },
        },
      ],
      expected: {
        "tokens/direction=output,model=large": "0.00",
        "tokens/direction=output": "30.00",
        "tokens/direction=input": "3.00",
      },
    },
  ])("for $given", ({ prices, expected }) => {
    const statement = rated(prices.length === 0 ? {} : { prices });
    expect(amounts(statement)).toEqual(expected);
    expect(statement.lines.map(({ id }) => id)).toEqual(Object.keys(expected));
  });

  test("says on its line, and only there, that it is contracted", () => {
    const { lines } = rated({ prices: [{ line: "tokens", unit_price: "0.50" }] });
    const notes = lines.map(
      ({ computation }) => computation.find((one) => one.step === "price")?.note,
    );
    expect(notes.map((note) => note?.includes("as contracted") ?? false)).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe("after the term", () => {
  const ended: Partial<ContractDocument> = {
    term: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" },
    prices: [{ line: "tokens", unit_price: "0.50" }],
    discounts: [{ id: "launch", percent: "10" }],
  };
  const total = (after_term: ContractDocument["after_term"], during: string) =>
    rated({ ...ended, ...(after_term === undefined ? {} : { after_term }) }, during).total;

  test("the contracted prices and discounts hold within it", () => {
    expect(total("list_price", "1 Jan")).toBe("31.50");
  });

  test("list_price ends them", () => {
    expect(total("list_price", "1 Feb")).toBe("40.00");
  });

  test.each([undefined, "continue"] as const)("%s lets them go on", (after) => {
    expect(total(after, "1 Feb")).toBe("31.50");
  });
});
