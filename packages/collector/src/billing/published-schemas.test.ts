/** The published JSON Schemas under another validator than ours: what it refuses and takes is what the source refuses and takes. */

import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { checkContract } from "@submeter/shared/contracts/check-contract";
import { checkPlan } from "@submeter/shared/contracts/check-plan";
import { contractOf, requestsPlan } from "./contract-life.fixture.ts";
import type { PlanDocument } from "@submeter/shared/contracts/plan";

const root = new URL("../../../../", import.meta.url);
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, root), "utf8"));
const ajv = new Ajv2020({ strict: false });
const [plans, contracts] = ["plan", "contract"].map((name) =>
  ajv.compile(read(`docs/schemas/${name}.json`) as object),
);
const names = readdirSync(new URL("plans/", root), { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".json"),
);

const line = requestsPlan.lines[0];
const planWith = (change: object) => ({ ...requestsPlan, lines: [{ ...line, ...change }] });

describe("another validator", () => {
  it.each(names)("takes plans/%s", (name) => {
    expect(plans?.(read(`plans/${name}`))).toBe(true);
  });

  it.each([
    ["a price as a number", planWith({ unit_price: 0.01 })],
    ["a rate of 30 digits", planWith({ unit_price: "0.123456789012345678901234567890" })],
    ["a negative price", planWith({ unit_price: "-1" })],
    ["an exponent", planWith({ unit_price: "1e-3" })],
    ["a price with a line feed behind it", planWith({ unit_price: "1\n" })],
    ["a member that nobody knows", planWith({ taxes: [] })],
    ["a discount of more than all", planWith({ discount: "100.5" })],
    ["no meter", planWith({ meter: undefined })],
    ["an unknown price model", planWith({ unit_price: undefined, price: { model: "magic" } })],
    ["no lines", { ...requestsPlan, lines: [] }],
  ])("refuses a plan with %s, as the source does", (_what, plan) => {
    const written: unknown = JSON.parse(JSON.stringify(plan));
    expect([plans?.(written), checkPlan(written).kind]).toEqual([false, "faults"]);
  });

  it.each([
    ["an hour and a half", contractOf("acme", { trial: { to: "2026-01-10T00:30:00Z" } })],
    ["an amount as a number", contractOf("acme", { minimum: { amount: 1000 } })],
    [
      "a minimum without its price",
      contractOf("acme", { minimum: { meter: "requests", quantity: "1" } }),
    ],
    ["an unknown cycle", contractOf("acme", { cycle: { every: "week" } })],
    ["a policy that nobody knows", contractOf("acme", { fallback: "guess" })],
  ])("refuses a contract with %s, as the source does", (_what, contract) => {
    const plan = requestsPlan as PlanDocument;
    expect([contracts?.(contract), checkContract(contract, plan).kind]).toEqual([false, "faults"]);
  });

  it("takes a contract that the source takes", () => {
    const contract = contractOf("acme");
    const plan = requestsPlan as PlanDocument;
    expect([contracts?.(contract), checkContract(contract, plan).kind]).toEqual([true, "contract"]);
  });
});
