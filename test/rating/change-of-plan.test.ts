/** Changes of plan in the lives of the seeds: what is given back, what is charged, and what goes along. */

import { describe, expect, test } from "vitest";
import { changePlan } from "@submeter/shared/contracts/change-plan";
import type { ContractDocument } from "@submeter/shared/contracts/contract";
import { checkContract } from "@submeter/shared/contracts/check-contract";
import type { PlanDocument } from "@submeter/shared/contracts/plan";
import { correctionBetween } from "@submeter/shared/rating/correction";
import { parseInstant } from "@submeter/shared/time/instant";
import { amounts, contractOn, lived, planOf } from "./life.fixture.ts";

/** The change with both of its contracts checked, as the collector takes them. */
function changed(
  contract: ContractDocument,
  of: { readonly from: PlanDocument; readonly to: PlanDocument },
  change: Parameters<typeof changePlan>[2],
  next: Partial<ContractDocument> = {},
  carry: Parameters<typeof changePlan>[4] = {},
) {
  const named = { id: "acme-next", plan: { id: of.to.id, version: of.to.version }, ...next };
  const both = changePlan(contract, named, change, null, carry);
  if (both === null) throw new Error("there is no such change");
  expect([checkContract(both.ended, of.from), checkContract(both.begun, of.to)]).toMatchObject([
    { kind: "contract" },
    { kind: "contract" },
  ]);
  return both;
}

const upgrade = (at: string) => ({ kind: "upgrade" as const, at: parseInstant(at) });
const april = "2026-04-01T00:00:00Z";
const term = { from: april, to: null };

describe("request plans", () => {
  const [pro, business] = [planOf("palveron/pro"), planOf("palveron/business")];
  const parameters = {
    monthly_fee: "49",
    overage_per_1000: "4",
    pack_small: "15",
    pack_medium: "60",
    pack_large: "200",
    agents_max: "10",
    team_members_max: "5",
    requests_per_minute: "60",
  };
  const proParameters = { ...parameters, anchor_fee: "0.05" };
  const small = { id: "p1", line: "requests", pack: "small", at: "2026-04-10T00:00:00Z" };
  const used = (quantity: string) => [{ meter: "requests", quantity }];

  test("an upgrade from Pro to Business in the middle of April gives back a half and charges a half", () => {
    const contract = contractOn(pro, { parameters: proParameters, term, packs: [small] });
    const opening = (of: ContractDocument, plan: PlanDocument, during: string, number = 1) => ({
      ...lived({ plan, contract: of, during, scope: "opening" }),
      number,
    });
    const both = changed(contract, { from: pro, to: business }, upgrade("2026-04-16T00:00:00Z"), {
      parameters: { ...parameters, monthly_fee: "499" },
    });
    const given = correctionBetween(
      opening(contract, pro, april),
      opening(both.ended, pro, april, 2),
    );
    expect(given.total).toBe("-24.50");
    expect(opening(both.begun, business, "2026-04-16T00:00:00Z").total).toBe("249.50");
  });

  test("what is left of a pack goes along, is not paid twice, and comes after the greater quota", () => {
    const contract = contractOn(pro, { parameters: proParameters, term, packs: [small] });
    const change = upgrade("2026-05-01T00:00:00Z");
    const last = lived({ plan: pro, contract, during: april, used: used("12000") });
    const { begun } = changed(
      contract,
      { from: pro, to: business },
      change,
      { parameters },
      last.carry,
    );
    const may = lived({
      plan: business,
      contract: begun,
      during: "2026-05-10T00:00:00Z",
      used: used("102500"),
    });
    expect(may.carry).toEqual({ packs: [{ id: "p1", line: "requests", left: "500" }] });
    expect(amounts(may)).toEqual({ requests: "0.00", anchors: "0.00", platform: "49.00" });
  });
});

test("a commitment over three months is trued up once, whatever the plan of each", () => {
  const [free, pro] = [planOf("keystone/free"), planOf("keystone/pro")];
  const contract = contractOn(free, {
    term: { from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z" },
    commitment: { amount: "1000", counts: ["usage"] },
  });
  // 7,500,000 GiB-seconds at 0.00000672 are 50.40.
  const used = [{ meter: "memory_gib_seconds", quantity: "7500000" }];
  const january = lived({ plan: free, contract, during: "2026-01-10T00:00:00Z", used });
  const { ended, begun } = changed(
    contract,
    { from: free, to: pro },
    upgrade("2026-02-01T00:00:00Z"),
    {},
    january.carry,
  );
  const closing = lived({ plan: free, contract: ended, during: "2026-01-10T00:00:00Z", used });
  expect(amounts(closing)).not.toHaveProperty("commitment");
  const february = lived({ plan: pro, contract: begun, during: "2026-02-10T00:00:00Z", used });
  const march = lived({
    plan: pro,
    contract: begun,
    during: "2026-03-10T00:00:00Z",
    used,
    after: february,
  });
  // 1,000.00 less three times 50.40.
  expect(amounts(march)["commitment"]).toBe("848.80");
});

describe("flat tiers", () => {
  const [pro, team] = [planOf("flat-tiers/pro"), planOf("flat-tiers/team")];

  test("Pro becomes a team of 3 with own keys: 9.00 less a third back, 57.00 for two thirds", () => {
    const contract = contractOn(pro, { parameters: { overage_price: "0.02" }, term });
    const { ended, begun } = changed(
      contract,
      { from: pro, to: team },
      upgrade("2026-04-11T00:00:00Z"),
      {
        seats: "3",
        options: ["byok"],
        parameters: { overage_price: "0.02", throttle_per_minute: "5" },
      },
    );
    const fee = (of: ContractDocument, plan: PlanDocument, during: string) =>
      lived({ plan, contract: of, during, scope: "opening" }).total;
    expect(fee(ended, pro, april)).toBe("3.00");
    expect(fee(begun, team, "2026-04-11T00:00:00Z")).toBe("38.00");
  });
});

test("credits: an organization that becomes an enterprise pays its fee from the next month on", () => {
  const [pro, enterprise] = [planOf("credits/pro"), planOf("credits/enterprise")];
  const contract = contractOn(pro, {
    term,
    parameters: {
      inference_per_1000: "0.4",
      web_search: "2",
      spans_per_1000: "0.1",
      storage_per_gib_month: "30",
      bundle_credits: "10000",
      bundle_price: "50",
      low_balance: "1000",
    },
  });
  const { begun } = changed(
    contract,
    { from: pro, to: enterprise },
    { kind: "downgrade", at: parseInstant("2026-04-10T00:00:00Z") },
    { parameters: { platform_fee: "5000" } },
  );
  const may = { plan: enterprise, contract: begun, during: "2026-05-10T00:00:00Z" };
  expect(lived({ ...may, scope: "opening" }).total).toBe("5000.00");
  const used = [{ meter: "sandbox_seconds", quantity: "86400" }];
  expect(lived({ ...may, used })).toMatchObject({ total: "5000.00", needs_decision: [] });
});
