/** A quota by day or instant covers what is estimated or held in missing hours, too, as if it had been counted there. */

import { describe, expect, test } from "vitest";
import type { PlanMeter, UsageLine } from "../contracts/plan.ts";
import { amounts, rated } from "./rated.fixture.ts";
import { installationOf, journalOf, span } from "./rating.fixture.ts";

const gauge: PlanMeter = {
  name: "held",
  unit: "GiB-second",
  aggregation: "time_weighted",
  scale: 0,
};
const gibAtEveryInstant = (quantity: string): UsageLine => ({
  id: "held",
  kind: "usage",
  meter: "held",
  unit_price: "0.0001",
  included: { quantity, per: "instant" },
});
const gibHours = (gib: number) => String(gib * 3600);

function siteOf(installation: string, ...coverage: readonly (readonly [string, string])[]) {
  const journal = journalOf({
    journal: "a",
    coverage: coverage.map(([from, to]) => span(from, to)),
  });
  return installationOf({ installation, journals: [journal] });
}

/** Down for ten hours of 10 January. */
const down = (installation: string) =>
  siteOf(installation, ["1 Jan", "10 Jan"], ["10 Jan 10:00", "10 Feb"]);

describe("what was held while the agent was down, with 5 GiB included at every instant", () => {
  const hold = (gib: number) =>
    amounts(
      rated({
        meters: [gauge],
        lines: [gibAtEveryInstant("5")],
        contract: { across_gap: { held: "hold" } },
        installations: [down("site")],
        used: [{ meter: "held", quantity: gibHours(gib), window: "2026-01-09T23:00:00Z" }],
      }),
    );

  test("4 GiB cost nothing", () => {
    expect(hold(4)).toEqual({ held: "0.00", "held#held": "0.00" });
  });

  test("10 GiB cost 5 GiB in each of its hours", () => {
    // 5 × 3,600 × 0.0001 an hour.
    expect(hold(10)).toEqual({ held: "1.80", "held#held": "18.00" });
  });

  test("shares the quota of the hour with what another site counted in it", () => {
    const counted = Array.from({ length: 10 }, (_, hour) => ({
      installation: "other",
      meter: "held",
      quantity: gibHours(3),
      window: `2026-01-10T0${hour}:00:00Z`,
    }));
    const statement = rated({
      meters: [gauge],
      lines: [gibAtEveryInstant("5")],
      contract: { across_gap: { held: "hold" } },
      installations: [down("site"), siteOf("other", ["1 Jan", "10 Feb"])],
      used: [{ meter: "held", quantity: gibHours(4), window: "2026-01-09T23:00:00Z" }, ...counted],
    });
    // 3 + 4 GiB are 2 beyond the quota, ten hours long.
    expect(amounts(statement)).toEqual({ held: "0.00", "held#held": "7.20" });
  });
});

test("an estimate takes each missing day's own quota", () => {
  const silent = (perDay: string) =>
    amounts(
      rated({
        line: { included: { quantity: perDay, per: "day" } },
        contract: { fallback: "estimate" },
        installations: [siteOf("site", ["1 Jan", "30 Jan"])],
        used: [{ quantity: "100", window: "2026-01-05T00:00:00Z" }],
        history: [
          {
            installation: "site",
            journal: "a",
            meter: "requests",
            dimensions: {},
            quantity: "67200",
          },
        ],
      }),
    );
  // 100 an hour, 2,400 a day, on two missing days.
  expect(silent("2400")).toEqual({ requests: "0.00", "requests#estimate": "0.00" });
  expect(silent("2000")).toEqual({ requests: "0.00", "requests#estimate": "800.00" });
});

test("opting into overage leaves the days before it unbilled, and bills the days behind it", () => {
  const days = Array.from({ length: 10 }, (_, day) => ({
    quantity: "100",
    window: `2026-01-${String(day + 1).padStart(2, "0")}T00:00:00Z`,
  }));
  const statement = rated({
    line: { included: { quantity: "90", per: "day" }, overage: "opt_in" },
    contract: { overage: [{ line: "requests", from: "2026-01-16T00:00:00Z" }] },
    used: [...days, { quantity: "600", window: "2026-01-20T00:00:00Z" }],
  });
  expect(amounts(statement)).toEqual({ requests: "510.00" });
  expect(statement.unbilled).toMatchObject([{ quantity: "100", reason: "overage_not_opted_in" }]);
});

test("opting into overage knows the peak of a greatest value before it, not the sum of its hours", () => {
  const seats: PlanMeter = {
    name: "requests",
    unit: "seat",
    aggregation: "max",
    scale: 0,
    over_period: "max",
  };
  const at = (day: string, quantity: string) => ({ quantity, window: `2026-01-${day}T00:00:00Z` });
  const statement = rated({
    meters: [seats],
    line: { included: "2", overage: "opt_in" },
    contract: { overage: [{ line: "requests", from: "2026-01-16T00:00:00Z" }] },
    used: [at("04", "5"), at("05", "5"), at("06", "5"), at("20", "7")],
  });
  // A peak of 7; 3 beyond the quota had been reached before.
  expect(amounts(statement)).toEqual({ requests: "2.00" });
  expect(statement.unbilled).toMatchObject([{ quantity: "3" }]);
});
