/** A life on credits: the signup allocation, sandboxes by the second, what 1,000 credits last, an enterprise without any. */

import { describe, expect, test } from "vitest";
import { drawDown } from "@submeter/shared/credits/lots";
import { explainStatement } from "@submeter/shared/rating/explain";
import { golden } from "@submeter/shared/golden.fixture";
import { fractionOf, floorToScale, divideFractions } from "@submeter/shared/numbers/fraction";
import { format } from "@submeter/shared/numbers/decimal";
import { fractionText } from "@submeter/shared/rating/fraction-text";
import { contractOn, exactly, lived, planOf } from "./life.fixture.ts";

const [pro, enterprise] = [planOf("credits/pro"), planOf("credits/enterprise")];
const parameters = {
  inference_per_1000: "0.4",
  web_search: "2",
  spans_per_1000: "0.1",
  storage_per_gib_month: "30",
  bundle_credits: "10000",
  bundle_price: "50",
  low_balance: "1000",
};
const during = "2026-04-10T00:00:00Z";
const contract = contractOn(pro, { parameters });
const runtime = (quantity: string) =>
  lived({ plan: pro, contract, during, used: [{ meter: "sandbox_seconds", quantity }] });

describe("credits", () => {
  test.each([
    { seconds: "1", credits: "0.0552" },
    { seconds: "60", credits: "3.312" },
    { seconds: "18000", credits: "993.6" },
  ])("$seconds s of a sandbox take $credits credits", ({ seconds, credits }) => {
    expect(runtime(seconds).credits_used).toBe(credits);
  });

  test("1,000 credits last 5 hours and almost 2 minutes", () => {
    const hours = divideFractions(
      divideFractions(fractionOf("1000"), fractionOf("0.0552")),
      fractionOf("3600"),
    );
    expect(format(floorToScale(hours, 2))).toBe("5.03");
  });

  test("they are taken from the balance, and cost nothing more", () => {
    const statement = runtime("100000");
    expect([statement.total, exactly(statement, "runtime")]).toEqual(["0.00", "5520"]);
    const signup = { id: "signup", left: fractionOf("25000"), expires: null };
    const drawn = drawDown([signup], fractionOf(statement.credits_used ?? "0"));
    expect(drawn.lots.map(({ left }) => fractionText(left))).toEqual(["19480"]);
  });

  test("an enterprise pays its fee, and its usage is shown without a price", () => {
    const fee = contractOn(enterprise, { parameters: { platform_fee: "5000" } });
    const used = [{ meter: "sandbox_seconds", quantity: "9000000" }];
    const statement = lived({ plan: enterprise, contract: fee, during, used });
    expect([statement.total, statement.needs_decision]).toEqual(["5000.00", []]);
  });

  test("a statement explains itself, in credits", () => {
    const statement = lived({
      plan: pro,
      contract,
      during,
      used: [
        { meter: "sandbox_seconds", quantity: "86400" },
        { meter: "inference_tokens", quantity: "1250500" },
        { meter: "web_searches", quantity: "40" },
        { meter: "spans", quantity: "90000" },
        { meter: "storage_gib_seconds", quantity: String(3 * 30 * 86_400) },
      ],
    });
    const text = explainStatement(statement);
    expect(text).toBe(golden(import.meta.url, "golden/credits-pro.txt", text));
    const json = JSON.stringify(statement, null, 2);
    expect(JSON.parse(golden(import.meta.url, "golden/credits-pro.json", json))).toEqual(statement);
  });
});
