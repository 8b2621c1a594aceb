/** Every example of docs/plans.md is a plan and a contract that are taken as they stand, and comes to what the page says. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkContract } from "@submeter/shared/contracts/check-contract";
import type { ContractDocument } from "@submeter/shared/contracts/contract";
import { checkPlan } from "@submeter/shared/contracts/check-plan";
import type { PlanDocument, UsageLine } from "@submeter/shared/contracts/plan";
import { formatInstant, parseInstant } from "@submeter/shared/time/instant";
import { amounts, contractOn, lived } from "./life.fixture.ts";

const page = readFileSync(new URL("../../docs/plans.md", import.meta.url), "utf8");
const january = "2026-01-01T00:00:00Z";

type Used = { meter: string; quantity: string; at?: string; hours?: number };
type Example = {
  readonly plan: PlanDocument;
  readonly contract: ContractDocument;
  readonly used: readonly Used[];
  readonly comes_to: Readonly<Record<string, string>>;
};

const examples = [
  ...page.matchAll(/\*\*([^*\n]+)\.\*\* [^`]*(?:`[^`\n]+`[^`]*)*```json\n([^`]*)```/g),
]
  .map(([, name = "", text = ""]) => ({ name, of: JSON.parse(text) as Example }))
  .filter(({ of }) => "comes_to" in of);

/** `hours`: the quantity again in so many hours. */
function rowsOf({ hours = 1, at = january, ...row }: Used) {
  return Array.from({ length: hours }, (_, hour) => ({
    ...row,
    at: formatInstant(parseInstant(at) + hour * 3600),
  }));
}

describe("a worked example of the page", () => {
  test("there are six", () => {
    expect(examples).toHaveLength(page.match(/"comes_to"/g)?.length ?? 0);
    expect(examples).toHaveLength(6);
  });

  test.each(examples)("$name", ({ of: { plan, contract, used, comes_to } }) => {
    expect([checkPlan(plan), checkContract(contract, plan)]).toEqual([
      { kind: "plan", plan },
      { kind: "contract", contract },
    ]);
    const statement = lived({ plan, contract, during: january, used: used.flatMap(rowsOf) });
    expect(amounts(statement)).toEqual(comes_to);
  });
});

describe("the page's table of price models", () => {
  const tiers = [
    { up_to: "10", unit_price: "2.00" },
    { up_to: null, unit_price: "1.00" },
  ];
  const priced: readonly { of: NonNullable<UsageLine["price"]>; used: string; events?: string }[] =
    [
      { of: { model: "graduated", tiers }, used: "15" },
      { of: { model: "volume", tiers }, used: "15" },
      { of: { model: "package", size: "10", amount: "20.00" }, used: "15" },
      {
        of: {
          model: "blocks",
          tiers: [
            { block: "10", blocks_max: "1", amount: "20.00" },
            { block: "5", blocks_max: null, amount: "5.00" },
          ],
        },
        used: "15",
      },
      {
        of: { model: "percentage", percent: "1.3", event: { meter: "events", amount: "2.00" } },
        used: "800",
        events: "4",
      },
      {
        of: {
          model: "graduated_percentage",
          tiers: [
            { up_to: "1000", percent: "1" },
            { up_to: null, percent: "2" },
          ],
        },
        used: "1500",
      },
    ];

  test.each(priced)("$of.model comes to what its row says", ({ of, used, events = "0" }) => {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${of.model}\``));
    const said = /\*\*([0-9.]+)\*\*/.exec(row ?? "")?.[1];
    const sum = { unit: "one", aggregation: "sum" as const, scale: 0 };
    const plan: PlanDocument = {
      version: 1,
      id: "model",
      currency: "USD",
      meters: [
        { name: "units", ...sum },
        of.model === "percentage"
          ? { name: "events", ...sum }
          : { name: "events", ...sum, billed: false },
      ],
      lines: [{ id: "units", kind: "usage", meter: "units", price: of }],
    };
    const rows = [
      { meter: "units", quantity: used },
      { meter: "events", quantity: events },
    ];
    const contract = contractOn(plan);
    expect(lived({ plan, contract, during: january, used: rows }).total).toBe(said);
  });
});

test("the page's change of plan gives back 33.33 and charges 66.67", () => {
  expect(page).toContain("−33.33 and 66.67");
  const planOf = (amount: string): PlanDocument => ({
    version: 1,
    id: "fee",
    currency: "USD",
    meters: [],
    lines: [{ id: "fee", kind: "base", amount, timing: "arrears" }],
  });
  const fee = (amount: string, from: string, to: string | null) => {
    const plan = planOf(amount);
    const contract = contractOn(plan, { term: { from, to } });
    return lived({ plan, contract, during: from }).total;
  };
  const change = "2026-04-11T00:00:00Z";
  // 50.00 less what its first ten days of April cost.
  expect(fee("50.00", "2026-04-01T00:00:00Z", change)).toBe("16.67");
  expect(fee("100.00", change, null)).toBe("66.67");
});
