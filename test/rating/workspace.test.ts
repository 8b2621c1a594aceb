/** A life in a workspace: the trial, its end, three line items for each run, the cap, a downgrade at the period's end. */

import { describe, expect, test } from "vitest";
import { changePlan } from "@submeter/shared/contracts/change-plan";
import { explainStatement } from "@submeter/shared/rating/explain";
import { golden } from "@submeter/shared/golden.fixture";
import { parseInstant } from "@submeter/shared/time/instant";
import { amounts, contractOn, lived, planOf } from "./life.fixture.ts";

const [free, pro] = [planOf("workspace/free"), planOf("workspace/pro")];
const rates = {
  llm_input_per_million: "3",
  llm_output_per_million: "15",
  tool_call: "0.002",
  premium_tool_call: "0.01",
  storage_per_gib_month: "0.25",
};
const parameters = { monthly_fee: "50", runs_per_month: "1000", ...rates };
const april = "2026-04-10T00:00:00Z";
const term = { from: "2026-04-01T00:00:00Z", to: null };

describe("a workspace", () => {
  test("a trial of five days bills 25 of April's 30 days and nothing that was used in it", () => {
    const contract = contractOn(pro, { parameters, term, trial: { to: "2026-04-06T00:00:00Z" } });
    expect(lived({ plan: pro, contract, during: april, scope: "opening" }).total).toBe("41.67");
    const statement = lived({
      plan: pro,
      contract,
      during: april,
      used: [
        { meter: "tool_calls", quantity: "1000", at: "2026-04-05T23:00:00Z" },
        { meter: "tool_calls", quantity: "500", at: "2026-04-06T00:00:00Z" },
      ],
    });
    expect(amounts(statement)["tools"]).toBe("1.00");
    expect(statement.unbilled).toMatchObject([{ quantity: "1000", reason: "trial" }]);
  });

  test("runs of the free plan stop at their cap", () => {
    const contract = contractOn(free, { parameters: { runs_per_month: "100", ...rates } });
    const used = [{ meter: "runs", quantity: "101" }];
    const statement = lived({ plan: free, contract, during: "2026-01-10T00:00:00Z", used });
    expect(statement.unbilled).toMatchObject([{ meter: "runs", quantity: "1" }]);
  });

  test("a downgrade takes effect at the end of the period, and the fee of it stays", () => {
    const change = changePlan(
      contractOn(pro, { parameters, term }),
      {
        id: "acme-free",
        plan: { id: free.id, version: 1 },
        parameters: { runs_per_month: "100", ...rates },
      },
      { kind: "downgrade", at: parseInstant(april) },
      null,
    );
    expect(change?.ended.term.to).toBe("2026-05-01T00:00:00Z");
    expect(change?.begun.term.from).toBe("2026-05-01T00:00:00Z");
    const last = lived({ plan: pro, contract: change!.ended, during: april });
    expect(amounts(last)).not.toHaveProperty("platform");
  });

  test("an invoice explains itself, its three line items in groups", () => {
    const contract = contractOn(pro, { parameters, term });
    const statement = lived({
      plan: pro,
      contract,
      during: april,
      used: [
        { meter: "runs", quantity: "412" },
        { meter: "llm_tokens", quantity: "8400123", dimensions: { direction: "input" } },
        { meter: "llm_tokens", quantity: "1200456", dimensions: { direction: "output" } },
        { meter: "tool_calls", quantity: "5210", dimensions: { integration: "mail" } },
        { meter: "tool_calls", quantity: "77", dimensions: { integration: "premium" } },
        { meter: "storage_gib_seconds", quantity: String(12 * 30 * 86_400) },
      ],
    });
    expect(new Set(statement.lines.flatMap(({ group = [] }) => group))).toEqual(
      new Set(["LLM cost", "tool calls", "storage"]),
    );
    const text = explainStatement(statement);
    expect(text).toBe(golden(import.meta.url, "golden/workspace-pro.txt", text));
    const json = JSON.stringify(statement, null, 2);
    expect(JSON.parse(golden(import.meta.url, "golden/workspace-pro.json", json))).toEqual(
      statement,
    );
  });
});
