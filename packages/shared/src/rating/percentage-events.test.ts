/** The events of a percentage are billed whatever their amounts are priced by, and estimated with them. */

import { expect, test } from "vitest";
import type { PlanMeter, UsageLine } from "../contracts/plan.ts";
import { amounts, rated } from "./rated.fixture.ts";
import { installationOf, journalOf, span } from "./rating.fixture.ts";

const meters: PlanMeter[] = [
  { name: "volume", unit: "USD", aggregation: "sum", scale: 2 },
  { name: "transfers", unit: "transfer", aggregation: "sum", scale: 0 },
];
const line = (more: Partial<UsageLine> = {}): UsageLine => ({
  id: "volume",
  kind: "usage",
  meter: "volume",
  price: { model: "percentage", percent: "1", event: { meter: "transfers", amount: "0.5" } },
  ...more,
});
const transfers = (quantity: string) => ({ meter: "transfers", quantity });

test("events are billed where every amount has a price of its own dimension", () => {
  const prices = [{ dimensions: { kind: "vip" }, unit_price: "0.02" }];
  const statement = rated({
    meters,
    lines: [line({ prices })],
    used: [{ meter: "volume", quantity: "100", dimensions: { kind: "vip" } }, transfers("4")],
  });
  expect(amounts(statement)).toEqual({ "volume/kind=vip": "2.00", volume: "2.00" });
});

test("events are billed beside a shortfall", () => {
  const statement = rated({
    meters,
    lines: [line()],
    contract: {
      minimum: { meter: "volume", quantity: "100", shortfall_price: "0.01" },
      fallback: "floor",
    },
    used: [transfers("4")],
  });
  expect(amounts(statement)).toEqual({ volume: "2.00", "volume#shortfall": "1.00" });
});

const silent = {
  meters,
  contract: { fallback: "estimate" as const },
  installations: [
    installationOf({
      journals: [journalOf({ journal: "a", coverage: [span("1 Jan", "31 Jan")] })],
    }),
  ],
};
const history = (meter: string, quantity: string) => ({
  installation: "site",
  journal: "a",
  meter,
  dimensions: {},
  quantity,
});

test("events in missing hours are estimated, too", () => {
  const statement = rated({
    ...silent,
    lines: [line()],
    used: [{ meter: "volume", quantity: "100" }, transfers("4")],
    // 10.00 and one transfer an hour; 24 hours are missing.
    history: [history("volume", "6720"), history("transfers", "672")],
  });
  expect(amounts(statement)).toEqual({ volume: "3.00", "volume#estimate": "14.40" });
});

test("an estimate stands on top of amount and events, where a least is reached by both together", () => {
  const price: UsageLine["price"] = {
    model: "percentage",
    percent: "1",
    event: { meter: "transfers", amount: "0.5" },
    minimum: "5",
  };
  const statement = rated({
    ...silent,
    lines: [line({ price })],
    used: [{ meter: "volume", quantity: "300" }, transfers("8")],
    history: [history("volume", "2800")],
  });
  // 3.00 + 4.00 are above the least already; 100 more are 1.00 more.
  expect(amounts(statement)).toEqual({ volume: "7.00", "volume#estimate": "1.00" });
});
