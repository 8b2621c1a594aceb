/** A life on flat tiers: the hard stop, the throttle, opting into overage, seats, own keys, days of tries. */

import { describe, expect, test } from "vitest";
import type { UsageLine } from "@submeter/shared/contracts/plan";
import { resolvePlan } from "@submeter/shared/contracts/resolve-plan";
import { termsOfLine } from "@submeter/shared/entitlements/terms-of-line";
import { explainStatement } from "@submeter/shared/rating/explain";
import { golden } from "@submeter/shared/golden.fixture";
import { format } from "@submeter/shared/numbers/decimal";
import { parseInstant } from "@submeter/shared/time/instant";
import { amounts, contractOn, inputsOf, lived, planOf } from "./life.fixture.ts";

const [free, pro, team] = ["free", "pro", "team"].map((name) => planOf(`flat-tiers/${name}`));
const during = "2026-01-10T00:00:00Z";
const proTerms = { parameters: { overage_price: "0.02" } };
const teamTerms = { seats: "4", parameters: { overage_price: "0.02", throttle_per_minute: "5" } };
const platform = { dimensions: { key: "platform" } };

describe("flat tiers", () => {
  test.each([
    { of: "free", plan: free!, terms: {}, limits: ["100 stop"] },
    { of: "pro", plan: pro!, terms: proTerms, limits: ["3000 throttle 1/min", "5000 stop"] },
    {
      of: "team of 4",
      plan: team!,
      terms: teamTerms,
      limits: ["60000 throttle 5/min", "100000 stop"],
    },
    {
      of: "pro with overage",
      plan: pro!,
      terms: { ...proTerms, overage: [{ line: "executions", from: "2026-01-01T00:00:00Z" }] },
      limits: [],
    },
    {
      of: "pro with overage from tomorrow on",
      plan: pro!,
      terms: { ...proTerms, overage: [{ line: "executions", from: "2026-01-11T00:00:00Z" }] },
      limits: ["3000 throttle 1/min", "5000 stop"],
    },
  ])("executions on $of: $limits", ({ plan, terms, limits }) => {
    const contract = contractOn(plan, terms);
    const { lines, meters } = resolvePlan(plan, contract);
    const line = lines.find(({ id }) => id === "executions") as UsageLine;
    const meter = meters.find(({ name }) => name === line.meter)!;
    const { period } = inputsOf({ plan, contract, during });
    const granted = { contract, period, carried: {}, now: parseInstant(during) };
    const told = termsOfLine(line, meter, granted).limits.map(({ at, do: act, rate }) =>
      [format(at), act, rate ?? ""].join(" ").trim(),
    );
    expect(told).toEqual(limits);
  });

  test("what ran beyond a hard stop is shown and not billed", () => {
    const used = [{ meter: "executions", quantity: "104", ...platform }];
    const statement = lived({ plan: free!, contract: contractOn(free!), during, used });
    expect(statement.total).toBe("0.00");
    expect(statement.unbilled).toMatchObject([
      { meter: "executions", quantity: "4", reason: "overage_off" },
    ]);
  });

  test("executions on the customer's own key do not touch the quota", () => {
    const contract = contractOn(pro!, {
      ...proTerms,
      overage: [{ line: "executions", from: "2026-01-01T00:00:00Z" }],
    });
    const used = [
      { meter: "executions", quantity: "5100", ...platform },
      { meter: "executions", quantity: "40000", dimensions: { key: "own" } },
    ];
    const statement = lived({ plan: pro!, contract, during, used });
    expect(amounts(statement)["executions"]).toBe("2.00");
    expect(statement.unbilled).toMatchObject([{ quantity: "40000", reason: "excluded" }]);
  });

  test("opting into overage in the middle of the month bills nothing that came before", () => {
    const contract = contractOn(pro!, {
      ...proTerms,
      overage: [{ line: "executions", from: "2026-01-16T00:00:00Z" }],
    });
    const used = [
      { meter: "executions", quantity: "5200", ...platform, at: "2026-01-10T00:00:00Z" },
      { meter: "executions", quantity: "300", ...platform, at: "2026-01-20T00:00:00Z" },
    ];
    const statement = lived({ plan: pro!, contract, during, used });
    expect(amounts(statement)["executions"]).toBe("6.00");
    expect(statement.unbilled).toMatchObject([{ quantity: "200", reason: "overage_not_opted_in" }]);
  });

  test.each([
    { plan: pro!, terms: proTerms, options: [], fee: "9.00" },
    { plan: pro!, terms: proTerms, options: ["byok"], fee: "5.00" },
    { plan: team!, terms: teamTerms, options: [], fee: "116.00" },
    { plan: team!, terms: teamTerms, options: ["byok"], fee: "76.00" },
  ])("$plan.id with $options costs $fee", ({ plan, terms, options, fee }) => {
    const contract = contractOn(plan, { ...terms, options });
    expect(lived({ plan, contract, during, scope: "opening" }).total).toBe(fee);
  });

  test("a seat from the middle of a 30-day month on is half a fee and half a quota", () => {
    const contract = contractOn(team!, {
      ...teamTerms,
      term: { from: "2026-04-01T00:00:00Z", to: null },
      seats: [
        { from: "2026-04-01T00:00:00Z", seats: "2" },
        { from: "2026-04-16T00:00:00Z", seats: "3" },
      ],
      overage: [{ line: "executions", from: "2026-04-01T00:00:00Z" }],
    });
    const april = { plan: team!, contract, during: "2026-04-10T00:00:00Z" };
    expect(lived({ ...april, scope: "opening" }).total).toBe("72.50");
    const used = [{ meter: "executions", quantity: "62501", ...platform }];
    expect(amounts(lived({ ...april, used }))["executions"]).toBe("0.02");
  });

  test("tries are given anew each UTC day, and what is left of a day is gone", () => {
    const used = [
      { meter: "sandbox_tries", quantity: "3", at: "2026-01-10T23:00:00Z" },
      { meter: "sandbox_tries", quantity: "7", at: "2026-01-11T00:00:00Z" },
    ];
    const statement = lived({ plan: free!, contract: contractOn(free!), during, used });
    expect(statement.unbilled).toMatchObject([{ meter: "sandbox_tries", quantity: "2" }]);
  });

  test("an invoice of a team explains itself", () => {
    const contract = contractOn(team!, {
      ...teamTerms,
      options: ["byok"],
      overage: [{ line: "executions", from: "2026-01-01T00:00:00Z" }],
    });
    const used = [
      { meter: "executions", quantity: "103500", ...platform },
      { meter: "executions", quantity: "250000", dimensions: { key: "own" } },
      { meter: "sandbox_tries", quantity: "150", at: "2026-01-12T08:00:00Z" },
    ];
    const statement = lived({ plan: team!, contract, during, used });
    const text = explainStatement(statement);
    expect(text).toBe(golden(import.meta.url, "golden/flat-team.txt", text));
    const json = JSON.stringify(statement, null, 2);
    expect(JSON.parse(golden(import.meta.url, "golden/flat-team.json", json))).toEqual(statement);
  });
});
