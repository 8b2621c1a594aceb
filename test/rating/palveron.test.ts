/** A life on request plans: the hard stop, packs after the quota that roll over, overage by the thousand, a year, an enterprise. */

import { describe, expect, test } from "vitest";
import { explainStatement } from "@submeter/shared/rating/explain";
import { golden } from "@submeter/shared/golden.fixture";
import { amounts, contractOn, lived, planOf } from "./life.fixture.ts";

const pro = planOf("palveron/pro");
const [community, enterprise] = [planOf("palveron/community"), planOf("palveron/enterprise")];
const limits = { agents_max: "10", team_members_max: "5", requests_per_minute: "60" };
const parameters = {
  monthly_fee: "49",
  overage_per_1000: "4",
  pack_small: "15",
  pack_medium: "60",
  pack_large: "200",
  anchor_fee: "0.05",
  ...limits,
};
const [january, february] = ["2026-01-10T00:00:00Z", "2026-02-10T00:00:00Z"];
const requests = (quantity: string) => [
  { meter: "requests", quantity, dimensions: { kind: "verify" } },
];
const small = { id: "p1", line: "requests", pack: "small", at: "2026-01-20T10:00:00Z" };

describe("request plans", () => {
  test("Community stops at 1,000", () => {
    const contract = contractOn(community, { parameters: limits });
    const statement = lived({ plan: community, contract, during: january, used: requests("1003") });
    expect([statement.total, statement.unbilled?.[0]?.quantity]).toEqual(["0.00", "3"]);
  });

  test("a pack is consumed after the quota, and what is left of it rolls over", () => {
    const contract = contractOn(pro, { parameters, packs: [small] });
    const first = lived({ plan: pro, contract, during: january, used: requests("12000") });
    expect(amounts(first)).toMatchObject({ requests: "0.00", "requests#pack-p1": "15.00" });
    expect(first.carry).toEqual({ packs: [{ id: "p1", line: "requests", left: "3000" }] });
    const second = lived({
      plan: pro,
      contract,
      during: february,
      used: requests("12500"),
      after: first,
    });
    expect(second.carry).toEqual({ packs: [{ id: "p1", line: "requests", left: "500" }] });
    expect(amounts(second)).not.toHaveProperty("requests#pack-p1");
  });

  test("late requests of January drain the pack, and February's overage appears with it", () => {
    const overage = [{ line: "requests", from: "2026-01-01T00:00:00Z" }];
    const contract = contractOn(pro, { parameters, packs: [small], overage });
    const total = (quantity: string) => {
      const first = lived({ plan: pro, contract, during: january, used: requests(quantity) });
      return amounts(
        lived({ plan: pro, contract, during: february, used: requests("14000"), after: first }),
      )["requests"];
    };
    expect(total("9000")).toBe("0.00");
    // 12,000 in January take 2,000 of the pack's 5,000; of February's 4,000 beyond the quota 1,000 cost 4 a thousand.
    expect(total("12000")).toBe("4.00");
  });

  test("a year costs ten months in advance, quota and overage stay monthly", () => {
    const contract = contractOn(pro, {
      parameters,
      annual: true,
      overage: [{ line: "requests", from: "2026-01-01T00:00:00Z" }],
    });
    expect(lived({ plan: pro, contract, during: january, scope: "opening" }).total).toBe("490.00");
    const first = lived({ plan: pro, contract, during: january, used: requests("11500") });
    expect(amounts(first)).toEqual({ requests: "6.00", anchors: "0.00" });
    const last = lived({
      plan: pro,
      contract,
      during: "2026-12-10T00:00:00Z",
      used: requests("1"),
    });
    expect(amounts(last)["platform"]).toBe("490.00");
  });

  test("an enterprise that is under its contracted minimum pays it; beyond its volume, the contracted rate", () => {
    const contract = contractOn(enterprise, {
      parameters: {
        platform_fee: "2000",
        included_requests: "1000000",
        overage_per_1000: "1.5",
        ...limits,
      },
      minimum: { amount: "3000" },
      fallback: "share",
    });
    const total = (quantity: string) =>
      amounts(lived({ plan: enterprise, contract, during: january, used: requests(quantity) }));
    expect(total("900000")).toMatchObject({ requests: "0.00", minimum: "1000.00" });
    expect(total("1800000")).toMatchObject({ requests: "1200.00" });
    expect(total("1800000")).not.toHaveProperty("minimum");
  });

  test("an invoice of Pro explains itself", () => {
    const overage = [{ line: "requests", from: "2026-01-01T00:00:00Z" }];
    const contract = contractOn(pro, { parameters, packs: [small], overage });
    const used = [...requests("17250"), { meter: "anchors", quantity: "31" }];
    const statement = lived({ plan: pro, contract, during: january, used });
    const text = explainStatement(statement);
    expect(text).toBe(golden(import.meta.url, "golden/palveron-pro.txt", text));
    const json = JSON.stringify(statement, null, 2);
    expect(JSON.parse(golden(import.meta.url, "golden/palveron-pro.json", json))).toEqual(
      statement,
    );
  });
});
