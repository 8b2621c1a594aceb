/** A life on the sandbox plans: free, a first run, a judge call, storage beyond the quota, Pro, comped. */

import { describe, expect, test } from "vitest";
import { changePlan } from "@submeter/shared/contracts/change-plan";
import { correctionBetween } from "@submeter/shared/rating/correction";
import { explainStatement } from "@submeter/shared/rating/explain";
import { golden } from "@submeter/shared/golden.fixture";
import { parseInstant } from "@submeter/shared/time/instant";
import { amounts, contractOn, exactly, lived, planOf } from "./life.fixture.ts";

const [free, pro, enterprise] = ["free", "pro", "enterprise"].map((name) =>
  planOf(`keystone/${name}`),
);
const rolling = { cycle: { every: "days" as const, days: 30, anchor: "first_usage" } };
const firstUsageAt = "2026-01-05T14:00:00Z";
const cycle = { during: "2026-01-20T00:00:00Z", firstUsageAt };
const gibSeconds = (gib: number) => String(gib * 30 * 86_400);

describe("a sandbox plan", () => {
  test("2 vCPU and 4 GiB for 60 s come to 0.0063432 before any rounding", () => {
    const statement = lived({
      ...cycle,
      plan: free!,
      contract: contractOn(free!, rolling),
      used: [
        { meter: "vcpu_seconds", quantity: "120", at: firstUsageAt },
        { meter: "memory_gib_seconds", quantity: "240", at: firstUsageAt },
      ],
    });
    expect([exactly(statement, "vcpu"), exactly(statement, "memory")]).toEqual([
      "0.0047304",
      "0.0016128",
    ]);
    expect(statement.period).toMatchObject({ from: firstUsageAt, to: "2026-02-04T14:00:00Z" });
  });

  test("a paragon-md judge call of 2k in and 200 out costs 0.009", () => {
    const statement = lived({
      ...cycle,
      plan: free!,
      contract: contractOn(free!, rolling),
      used: [
        {
          meter: "judge_tokens",
          quantity: "2000",
          dimensions: { model: "paragon-md", direction: "input" },
          at: firstUsageAt,
        },
        {
          meter: "judge_tokens",
          quantity: "200",
          dimensions: { model: "paragon-md", direction: "output" },
          at: firstUsageAt,
        },
      ],
    });
    const [input, output] = ["input", "output"].map((direction) =>
      exactly(statement, `judge/direction=${direction},model=paragon-md`),
    );
    expect([input, output]).toEqual(["0.006", "0.003"]);
  });

  test.each([
    { plan: free!, held: 3, overage: "10.00", parameters: undefined },
    { plan: pro!, held: 8, overage: "9.00", parameters: undefined },
    { plan: pro!, held: 5, overage: "0.00", parameters: undefined },
    { plan: enterprise!, held: 20, overage: "0.00", parameters: { platform_fee: "1000" } },
  ])(
    "$held GiB held all cycle on $plan.id cost $overage of storage",
    ({ plan, held, overage, parameters }) => {
      const contract = contractOn(plan, {
        ...rolling,
        ...(parameters === undefined ? {} : { parameters }),
      });
      const used = [{ meter: "storage_gib_seconds", quantity: gibSeconds(held), at: firstUsageAt }];
      expect(amounts(lived({ ...cycle, plan, contract, used }))["storage"]).toBe(overage);
    },
  );

  test("rates of compute are the same on every plan", () => {
    const rates = [free!, pro!, enterprise!].map(({ lines }) =>
      lines.flatMap((line) =>
        line.kind === "usage" && line.group === "compute" ? [line.unit_price] : [],
      ),
    );
    expect(new Set(rates.map((one) => JSON.stringify(one)))).toHaveLength(1);
  });

  test("an unknown judge model keeps the cycle open", () => {
    const used = [
      {
        meter: "judge_tokens",
        quantity: "10",
        dimensions: { model: "other", direction: "input" },
        at: firstUsageAt,
      },
    ];
    const statement = lived({ ...cycle, plan: free!, contract: contractOn(free!, rolling), used });
    expect(statement.needs_decision).toEqual(["unpriced_usage"]);
  });

  test("an upgrade to Pro inside of a cycle bills the fee for the rest of it, to the hour", () => {
    const anchored = { cycle: { every: "days" as const, days: 30, anchor: firstUsageAt } };
    const change = changePlan(
      contractOn(free!, { ...anchored, term: { from: firstUsageAt, to: null } }),
      { id: "acme-pro", plan: { id: pro!.id, version: 1 } },
      { kind: "upgrade", at: parseInstant("2026-01-20T14:20:00Z") },
      null,
    );
    const opened = lived({
      plan: pro!,
      contract: change!.begun,
      during: "2026-01-20T14:00:00Z",
      scope: "opening",
    });
    expect(change!.ended.term.to).toBe("2026-01-20T14:00:00Z");
    // 15 of 30 days.
    expect(opened.total).toBe("74.50");
  });

  test("a comped team sees what it would cost and pays nothing, also of what comes late", () => {
    const contract = contractOn(pro!, { ...rolling, comp: { reason: "founding customer" } });
    const rated = (quantity: string) =>
      lived({
        ...cycle,
        plan: pro!,
        contract,
        used: [{ meter: "vcpu_seconds", quantity, at: firstUsageAt }],
      });
    const [early, late] = [rated("1000000"), { ...rated("2000000"), number: 2 }];
    expect([early.total, early.shadow_total]).toEqual(["0.00", "188.42"]);
    expect(correctionBetween(early, late).direction).toBe("none");
  });

  test("an invoice of Pro explains itself", () => {
    const contract = contractOn(pro!, rolling);
    const used = [
      { meter: "vcpu_seconds", quantity: "3600000", at: firstUsageAt },
      { meter: "memory_gib_seconds", quantity: "7200000", at: firstUsageAt },
      {
        meter: "judge_tokens",
        quantity: "1250000",
        dimensions: { model: "paragon-md", direction: "input" },
        at: firstUsageAt,
      },
      {
        meter: "judge_tokens",
        quantity: "98000",
        dimensions: { model: "paragon-max", direction: "output" },
        at: firstUsageAt,
      },
      { meter: "storage_gib_seconds", quantity: gibSeconds(8), at: firstUsageAt },
    ];
    const statement = lived({ ...cycle, plan: pro!, contract, used });
    const text = explainStatement(statement);
    expect(text).toBe(golden(import.meta.url, "golden/keystone-pro.txt", text));
    const json = JSON.stringify(statement, null, 2);
    expect(JSON.parse(golden(import.meta.url, "golden/keystone-pro.json", json))).toEqual(
      statement,
    );
  });
});
