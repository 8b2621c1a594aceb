/** What a collector tells an agent of its plan, made by the functions that a collector uses. */

import { type OpenPeriod, entitlementsOf } from "@submeter/shared/entitlements/entitlements-of";
import type { PlanOfState } from "@submeter/shared/entitlements/plan-of-state";
import type { ContractDocument } from "@submeter/shared/contracts/contract";
import type { PlanDocument } from "@submeter/shared/contracts/plan";
import type { UsageRow } from "@submeter/shared/rating/statement-inputs";
import { parseInstant } from "@submeter/shared/time/instant";

const plan: PlanDocument = {
  version: 3,
  id: "team",
  description: "Team",
  currency: "USD",
  entitlements: { agents_max: 20, sso: true, channels: ["web", "chat"] },
  meters: [
    { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
    { name: "tokens", unit: "token", aggregation: "sum", scale: 3 },
    { name: "seats", unit: "seat", aggregation: "max", scale: 0, over_period: "max" },
  ],
  lines: [
    { id: "fee", kind: "base", description: "Team", amount: "49.00", timing: "arrears" },
    {
      id: "requests",
      kind: "usage",
      description: "Requests",
      meter: "requests",
      unbilled: [{ dimensions: { model: "small" }, why: "small models are free" }],
      included: "100",
      overage: "off",
      unit_price: "0",
      limits: [
        { at: "60", do: "throttle", rate: "1/min" },
        { at: "100", do: "stop" },
      ],
    },
    { id: "tokens", kind: "usage", description: "Tokens", meter: "tokens", unit_price: "0.013" },
    {
      id: "seats",
      kind: "usage",
      description: "Seats",
      meter: "seats",
      included: "5",
      unit_price: "7.00",
    },
  ],
};

const contract: ContractDocument = {
  version: 1,
  id: "acme-2026",
  customer: "acme",
  plan: { id: "team", version: 3 },
  term: { from: "2026-01-01T00:00:00Z", to: null },
  cycle: { every: "month" },
};

function month(number: number) {
  const start = (n: number) => `2026-${String(n).padStart(2, "0")}-01T00:00:00Z`;
  const bounds = { from: start(number), to: start(number + 1) };
  return { ...bounds, cycle_from: bounds.from, cycle_to: bounds.to };
}

/** A row of January that the collector has recorded. */
export function recordedRow(meter: string, quantity: string): UsageRow {
  const window = "2026-01-02T00:00:00Z";
  return { installation: "acme-prod", journal: "", window, meter, dimensions: {}, quantity };
}

export function terms(
  o: {
    usage?: readonly UsageRow[];
    suspended?: boolean;
    showPrices?: boolean;
    now?: string;
    shared?: boolean;
  } = {},
) {
  const { usage = [], suspended = false, now = "2026-01-05T10:00:00Z" } = o;
  const period = month(1);
  const open: OpenPeriod = { plan, contract, period, next: month(2), carried: {}, usage };
  const prices = {
    plan,
    contract,
    period,
    carried: {},
    usage: usage.map(({ window, meter, dimensions, quantity }) => ({
      window,
      meter,
      quantity,
      dimensions: { ...dimensions },
    })),
  };
  const told: PlanOfState = {
    id: plan.id,
    version: plan.version,
    description: "Team",
    currency: plan.currency,
    prices: o.showPrices === true ? prices : null,
  };
  return {
    entitlements: entitlementsOf({
      now: parseInstant(now),
      // The collector that tells it puts in how far it has come.
      recorded: { asOf: parseInstant(now), journals: [] },
      open,
      suspended: suspended
        ? {
            since: parseInstant("2026-01-04T00:00:00Z"),
            reason: "invoice of December unpaid",
            fixUrl: "https://pay.example.com/acme",
          }
        : null,
      shared: o.shared ?? false,
    }),
    plan: told,
  };
}
