import { describe, expect, test } from "vitest";
import { checkContract } from "../contracts/check-contract.ts";
import { checkPlan } from "../contracts/check-plan.ts";
import type { PlanDocument } from "../contracts/plan.ts";
import { golden } from "../golden.fixture.ts";
import { computeStatement } from "./compute-statement.ts";
import { correctionBetween } from "./correction.ts";
import { explainInvoice, explainStatement } from "./explain.ts";
import { composeInvoice, composeSettlement } from "./invoice.ts";
import type { Situation } from "./rating.fixture.ts";
import {
  contractOf,
  inputsOf,
  installationOf,
  journalOf,
  span,
  statementOf,
} from "./rating.fixture.ts";

const plan: PlanDocument = {
  version: 3,
  id: "inference",
  currency: "USD",
  meters: [
    { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
    { name: "tokens", unit: "token", aggregation: "sum", scale: 0 },
  ],
  lines: [
    {
      id: "platform",
      kind: "base",
      description: "Platform fee",
      amount: "499.00",
      timing: "advance",
    },
    {
      id: "requests",
      kind: "usage",
      description: "Requests",
      meter: "requests",
      included: "1000000",
      unit_price: "0.0001",
    },
    {
      id: "tokens",
      kind: "usage",
      description: "Tokens",
      meter: "tokens",
      prices: [
        { dimensions: { direction: "input" }, unit_price: "0.000003" },
        { dimensions: { direction: "output" }, unit_price: "0.000015" },
      ],
      unpriced: "refuse",
    },
  ],
};
const contract = contractOf({
  id: "acme-2026",
  plan: { id: "inference", version: 3 },
  term: { from: "2026-01-15T00:00:00Z", to: null },
  minimum: { amount: "3000.00" },
  fallback: "share",
});
const journal = "3f1c0a52-5d0e-4a67-9a3c-7f3a2f0a1b11";

function january(
  until: string,
  change: Partial<Situation>,
  more: Situation["usage"] = [],
): Situation {
  return {
    plan,
    contract,
    during: "15 Jan",
    now: "2 Feb",
    installations: [
      installationOf({ journals: [journalOf({ journal, coverage: [span("15 Jan", until)] })] }),
    ],
    usage: [
      { quantity: "1226001" },
      { meter: "tokens", dimensions: { direction: "input" }, quantity: "120300456" },
      { meter: "tokens", dimensions: { direction: "output" }, quantity: "33004567" },
      ...more,
    ],
    ...change,
  };
}

const provisional = statementOf(january("29 Jan", {}));
const settled = statementOf(
  january("3 Mar", { number: 2, now: "8 Feb" }, [
    { quantity: "310422" },
    { meter: "tokens", dimensions: { direction: "input" }, quantity: "221400333" },
  ]),
);
const february = statementOf(
  january("3 Mar", {
    during: "1 Feb",
    now: "2 Mar",
    usage: [
      { quantity: "2811906" },
      { meter: "tokens", dimensions: { direction: "input" }, quantity: "402118764" },
      { meter: "tokens", dimensions: { direction: "output" }, quantity: "88120345" },
    ],
  }),
);

describe("a person reads", () => {
  test("the plan and the contract of the example are in order", () => {
    expect(checkPlan(plan).kind).toBe("plan");
    expect(checkContract(contract, plan).kind).toBe("contract");
  });

  test("a provisional statement, each line with how it was computed", () => {
    const text = explainStatement(provisional);
    expect(text).toBe(golden(import.meta.url, "golden/provisional-statement.txt", text));
  });

  test("the next invoice, with the correction of the one before", () => {
    const correction = correctionBetween(provisional, settled);
    const invoice = composeInvoice(february, [
      { invoice: { number: "SUB-0007", date: "2026-02-02" }, correction },
    ]);
    const text = explainInvoice(invoice, february, { number: "SUB-0012", date: "2026-03-02" });
    expect(text).toBe(golden(import.meta.url, "golden/invoice-with-adjustments.txt", text));
  });

  test("an estimate with what it looked back on, and usage without a price", () => {
    const inputs = inputsOf(
      january("29 Jan", { contract: { ...contract, fallback: "estimate" } }, [
        { meter: "tokens", dimensions: { direction: "sideways" }, quantity: "12" },
      ]),
    );
    const row = { installation: "site", journal, dimensions: {} };
    const history = [
      { ...row, meter: "requests", quantity: "1226001" },
      { ...row, meter: "tokens", dimensions: { direction: "input" }, quantity: "120300456" },
    ];
    const text = explainStatement(computeStatement({ ...inputs, history }, "0".repeat(64)));
    expect(text).toBe(golden(import.meta.url, "golden/estimated-statement.txt", text));
  });

  test("a settlement: several adjustments, each under the invoice it is of, and nothing of a statement", () => {
    const correction = correctionBetween(provisional, settled);
    const settlement = composeSettlement([
      { invoice: { number: "SUB-0007", date: "2026-02-02" }, correction },
      { invoice: { number: null, date: "2026-03-02" }, correction },
    ]);
    if (settlement === null) throw new Error("there is something to settle");
    const text = explainInvoice(settlement, null);
    expect(text).toBe(golden(import.meta.url, "golden/settlement.txt", text));
  });

  test("a provisional invoice without a number, from its own document alone", () => {
    const text = explainInvoice(composeInvoice(provisional, []), null);
    expect(text).toBe(golden(import.meta.url, "golden/provisional-invoice.txt", text));
  });

  test("an opening statement, which rests on no hours", () => {
    const inputs = inputsOf(january("29 Jan", {}));
    const opening = { ...inputs, scope: "opening" as const, advance: inputs.period };
    const text = explainStatement(computeStatement(opening, "0".repeat(64)));
    expect(text).toBe(golden(import.meta.url, "golden/opening-statement.txt", text));
  });

  test("usage of a meter that the plan does not have, and what was left unbilled, by their labels", () => {
    const text = explainStatement({
      ...settled,
      unpriced: [
        {
          meter: "strays",
          dimensions: { zone: "eu" },
          quantity: "1200",
          reason: "meter_not_in_plan",
        },
      ],
      unbilled: [
        {
          meter: "tokens",
          dimensions: { zone: "eu", key: "own" },
          quantity: "3400",
          reason: "excluded",
          note: "on own keys",
        },
        { meter: "tokens", dimensions: null, quantity: "1", reason: "excluded", note: "a test" },
      ],
      credits_used: "1234.5",
      shadow_total: "99.00",
    });
    expect(text).toContain("    1,200 strays, zone eu: the plan has no such meter\n");
    expect(text).toContain(
      "    3,400 tokens, zone eu, key own: on own keys\n    1 tokens: a test\n",
    );
    expect(text).toContain("Credits taken from the balance: 1,234.5\n");
    expect(text).toMatch(/Without the comp +99\.00 USD\n +Total/);
  });

  test("a long fact goes on below itself", () => {
    const text = explainStatement({
      ...settled,
      hours: { ...settled.hours, text: "word ".repeat(40).trim() },
    });
    const lines = text.split("\n").filter((line) => line.includes("word word"));
    expect(lines.length).toBeGreaterThan(2);
    expect(new Set(lines.map((line) => line.indexOf("word")))).toEqual(new Set([16]));
    expect(lines.every((line) => line.length <= 92)).toBe(true);
  });

  test("no line is wider than a page", () => {
    const long = explainStatement({
      ...provisional,
      lines: provisional.lines.map((line) => ({ ...line, description: "word ".repeat(60).trim() })),
    });
    expect(long.split("\n").every((line) => line.length <= 92)).toBe(true);
  });
});
