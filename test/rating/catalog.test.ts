/** The figures that the five systems' pages name, each at its place in the catalog; and every plan can be contracted. */

import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parametersUsed } from "@submeter/shared/contracts/resolve-plan";
import type { PlanDocument } from "@submeter/shared/contracts/plan";
import { contractOn, lived, planOf } from "./life.fixture.ts";

const names = readdirSync(new URL("../../plans/", import.meta.url), {
  recursive: true,
  encoding: "utf8",
})
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.replace(/\.json$/, ""))
  .toSorted();

/** The value at `line/member/…` of a line, or at `entitlements/…`. */
function figure(plan: PlanDocument, path: string): unknown {
  const [first = "", ...rest] = path.split("/");
  const start: unknown =
    first === "entitlements" ? plan.entitlements : plan.lines.find(({ id }) => id === first);
  return rest.reduce<unknown>(
    (value, name) => (value as Record<string, unknown> | undefined)?.[name],
    start,
  );
}

describe("a figure of a page", () => {
  test.each<[plan: string, path: string, value: unknown]>([
    ["keystone/free", "vcpu/unit_price", "0.00003942"],
    ["keystone/free", "memory/unit_price", "0.00000672"],
    ["keystone/free", "storage/included", "1"],
    ["keystone/free", "storage/unit_price", "5"],
    ["keystone/free", "entitlements/card_required", true],
    ["keystone/pro", "platform/amount", "149.00"],
    ["keystone/pro", "platform/timing", "advance"],
    ["keystone/pro", "storage/included", "5"],
    ["keystone/pro", "storage/unit_price", "3"],
    ["keystone/enterprise", "storage/included", "5"],
    ["keystone/enterprise", "storage/unit_price", "0"],
    ["keystone/pro", "judge/per", "1000"],
    ["keystone/pro", "judge/prices/0/unit_price", "0.0010"],
    ["keystone/pro", "judge/prices/1/unit_price", "0.0040"],
    ["keystone/pro", "judge/prices/2/unit_price", "0.0030"],
    ["keystone/pro", "judge/prices/3/unit_price", "0.0150"],
    ["keystone/pro", "judge/prices/4/unit_price", "0.0200"],
    ["keystone/pro", "judge/prices/5/unit_price", "0.0800"],
    ["flat-tiers/free", "executions/included", "100"],
    ["flat-tiers/free", "sandbox_tries/included/quantity", "5"],
    ["flat-tiers/free", "entitlements/agents_running", 3],
    ["flat-tiers/free", "entitlements/spend_per_user_and_day", "1"],
    ["flat-tiers/free", "entitlements/tokens_per_execution", 50_000],
    ["flat-tiers/free", "entitlements/models_refused", ["opus", "gpt-4o"]],
    ["flat-tiers/free", "entitlements/logs_retention", "24 h"],
    ["flat-tiers/pro", "platform/amount", "9.00"],
    ["flat-tiers/pro", "platform/variants/0/amount", "5.00"],
    ["flat-tiers/pro", "executions/included", "5000"],
    ["flat-tiers/pro", "executions/overage", "opt_in"],
    ["flat-tiers/pro", "executions/thresholds", ["50", "80", "100"]],
    ["flat-tiers/pro", "sandbox_tries/included/quantity", "50"],
    ["flat-tiers/pro", "entitlements/agents_running", 20],
    ["flat-tiers/pro", "entitlements/spend_per_user_and_day", "5"],
    ["flat-tiers/pro", "entitlements/logs_retention", "30 d"],
    ["flat-tiers/team", "platform/amount", "29.00"],
    ["flat-tiers/team", "platform/variants/0/amount", "19.00"],
    ["flat-tiers/team", "executions/included/quantity", "25000"],
    ["flat-tiers/team", "sandbox_tries/included/quantity", "200"],
    ["flat-tiers/team", "entitlements/agents_running", null],
    ["flat-tiers/team", "entitlements/sla", "99.5%"],
    ["flat-tiers/team", "entitlements/spend_per_user_and_day", "20"],
    ["flat-tiers/enterprise", "entitlements/sla", "99.9%"],
    ["flat-tiers/enterprise", "entitlements/logs_retention", "1 y"],
    ["flat-tiers/enterprise", "entitlements/unit_cost.heavy", "0.05"],
    ["palveron/community", "requests/included", "1000"],
    ["palveron/community", "requests/limits/0/do", "stop"],
    ["palveron/community", "entitlements/anchoring", false],
    ["palveron/pro", "requests/included", "10000"],
    ["palveron/pro", "requests/packs/0/quantity", "5000"],
    ["palveron/pro", "requests/packs/1/quantity", "25000"],
    ["palveron/pro", "requests/packs/2/quantity", "100000"],
    ["palveron/pro", "requests/per", "1000"],
    ["palveron/pro", "platform/year_months", "10"],
    ["palveron/business", "requests/included", "100000"],
    ["palveron/business", "requests/packs/2/quantity", "100000"],
    ["palveron/business", "anchors/unit_price", "0"],
    ["palveron/enterprise", "requests/overage", "billed"],
    ["palveron/enterprise", "entitlements/sla", "dedicated"],
    ["palveron/enterprise", "entitlements/offline_tolerated", "72 h"],
    ["workspace/free", "entitlements/workspaces", 1],
    ["workspace/free", "runs/overage", "off"],
    ["workspace/pro", "entitlements/workspaces", null],
    ["workspace/enterprise", "entitlements/scim", true],
    ["workspace/enterprise", "entitlements/custom_invoices", true],
    ["credits/pro", "runtime/unit_price", "0.0552"],
    ["credits/pro", "entitlements/credits_at_signup", 25_000],
    ["credits/pro", "entitlements/bundles_per_purchase", "1-10"],
    ["credits/enterprise", "entitlements/credits_available", false],
  ])("%s: %s is %j", (name, path, value) => {
    expect(figure(planOf(name), path)).toEqual(value);
  });
});

describe("every plan", () => {
  test.each(names)("%s can be contracted, opened, and closed without any usage", (name) => {
    const plan = planOf(name);
    const parameters = Object.fromEntries(parametersUsed(plan).map((one) => [one, "2"]));
    const bySeat = JSON.stringify(plan).includes('"per":"seat"');
    const contract = contractOn(plan, {
      ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
      ...(bySeat ? { seats: "2" } : {}),
    });
    const of = { plan, contract, during: "2026-01-10T00:00:00Z" };
    const fees = plan.lines.filter(({ kind }) => kind === "base").length;
    expect(lived({ ...of, scope: "opening" }).lines).toHaveLength(fees);
    const january = lived(of);
    expect([january.needs_decision, january.unbilled]).toEqual([[], undefined]);
    expect(january.lines.filter(({ kind }) => kind !== "base").every(isFree)).toBe(true);
  });
});

function isFree({ amount }: { readonly amount: string }): boolean {
  return Number(amount) === 0;
}
