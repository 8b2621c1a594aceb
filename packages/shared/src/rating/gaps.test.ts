/** What stands for hours that nobody counted: a gauge that is held, the last known of a greatest value, a part of a commitment. */

import { describe, expect, test } from "vitest";
import { checkContract } from "../contracts/check-contract.ts";
import type { ContractDocument } from "../contracts/contract.ts";
import type { PlanDocument } from "../contracts/plan.ts";
import { computeStatement } from "./compute-statement.ts";
import { correctionBetween } from "./correction.ts";
import type { Situation } from "./rating.fixture.ts";
import {
  contractOf,
  inputsOf,
  installationOf,
  journalOf,
  requestsPlan,
  span,
  statementOf,
} from "./rating.fixture.ts";
import type { Statement } from "./statement.ts";

const gauges: PlanDocument = {
  version: 1,
  id: requestsPlan.id,
  currency: "USD",
  meters: [
    { name: "held", unit: "GiB-second", aggregation: "time_weighted", scale: 0 },
    { name: "seats", unit: "seat", aggregation: "max", scale: 0, over_period: "sum" },
  ],
  lines: [
    { id: "held", kind: "usage", meter: "held", unit_price: "0.0001" },
    { id: "seats", kind: "usage", meter: "seats", unit_price: "1" },
  ],
};

function site(...coverage: readonly (readonly [from: string, to: string])[]) {
  return installationOf({
    journals: [journalOf({ journal: "a", coverage: coverage.map(([from, to]) => span(from, to)) })],
  });
}

const row = (meter: string, window: string, quantity: string) => ({
  meter,
  quantity,
  window: `2026-01-${window}:00:00Z`,
});

function amounts({ lines }: Statement): Record<string, string> {
  return Object.fromEntries(lines.map(({ id, amount }) => [id, amount]));
}

describe("37: 10 GiB held while the agent was down for 10 hours", () => {
  const restarted = site(["1 Jan", "10 Jan"], ["10 Jan 10:00", "10 Feb"]);
  const rated = (contract: Partial<ContractDocument>, usage = [row("held", "09T23", "36000")]) =>
    statementOf({
      plan: gauges,
      contract: contractOf(contract),
      now: "3 Feb",
      installations: [restarted],
      usage,
    });

  test.each<{ across: ContractDocument["across_gap"]; lines: Record<string, string> }>([
    { across: undefined, lines: { held: "3.60", seats: "0.00" } },
    { across: { held: "zero" }, lines: { held: "3.60", seats: "0.00" } },
    { across: { held: "hold" }, lines: { held: "3.60", "held#held": "36.00", seats: "0.00" } },
  ])("under $across", ({ across, lines }) => {
    const statement = rated(across === undefined ? {} : { across_gap: across });
    expect([statement.basis, amounts(statement)]).toEqual(["measured_with_gaps", lines]);
  });

  test("is flagged on its line", () => {
    const line = rated({ across_gap: { held: "hold" } }).lines.find(({ id }) => id === "held#held");
    expect(line).toMatchObject({
      kind: "estimate",
      description: "held: held while the agent was down",
    });
    expect(line?.computation[0]).toMatchObject({ step: "held", value: "360000" });
  });

  test("where nothing was counted before the gap, by the hour behind it", () => {
    const behind = [row("held", "10T10", "7200")];
    expect(amounts(rated({ across_gap: { held: "hold" } }, behind))).toMatchObject({
      "held#held": "7.20",
    });
  });

  test("beyond what the allowance forgives the fallback rules, and nothing is held", () => {
    const few = { across_gap: { held: "hold" }, uncounted_allowance_hours: 9 } as const;
    const statement = rated(few);
    expect([statement.basis, amounts(statement)]).toEqual([
      "fallback",
      { held: "3.60", seats: "0.00" },
    ]);
  });

  test("only a time-weighted meter of the plan can be held", () => {
    const contract = contractOf({ across_gap: { seats: "hold" } });
    expect(checkContract(contract, gauges)).toMatchObject({
      kind: "faults",
      faults: [{ path: "/across_gap/seats", code: "gauge_unknown" }],
    });
  });
});

describe("a greatest value in missing hours", () => {
  const silent: Omit<Situation, "contract"> = {
    plan: gauges,
    now: "10 Feb",
    installations: [site(["1 Jan", "31 Jan"])],
    usage: [row("seats", "30T22", "5"), row("seats", "30T23", "7")],
  };

  test("stands as it was last known, under the policy that estimates", () => {
    const statement = statementOf({ ...silent, contract: contractOf({ fallback: "estimate" }) });
    // 24 hours with 7 seats.
    expect(amounts(statement)).toMatchObject({ seats: "12.00", "seats#estimate": "168.00" });
  });

  test.each(["floor", "share"] as const)("is not counted under %s", (fallback) => {
    const statement = statementOf({ ...silent, contract: contractOf({ fallback }) });
    expect(amounts(statement)).toEqual({ held: "0.00", seats: "12.00" });
  });
});

describe("32: a commitment of 12,000 for the year and a January in silence", () => {
  const term = { from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z" };
  const committed = (more: Partial<ContractDocument> = {}) =>
    contractOf({ term, commitment: { amount: "12000" }, fallback: "share", ...more });
  const rated = (contract: ContractDocument, more: Partial<Situation> = {}) =>
    statementOf({
      contract,
      now: "10 Feb",
      installations: [installationOf({ journals: [] })],
      ...more,
    });
  const silent = { first_report_by: "2026-01-01T00:00:00Z" };

  test("draws its hours' part provisionally, and counts it towards the commitment", () => {
    const january = rated(committed(silent));
    // 12,000 × 744 / 8,760.
    expect(amounts(january)).toEqual({ requests: "0.00", "commitment#draw#share": "1019.18" });
    expect([january.provisional, january.carry]).toEqual([true, { committed: "1019.18" }]);
  });

  test("gives way to what was used, once the reports are there", () => {
    const counted = rated(committed(silent), {
      number: 2,
      installations: [site(["1 Jan", "20 Feb"])],
      known: { "site/a": "250000" },
    });
    expect(counted.carry).toEqual({ committed: "2500" });
    expect(correctionBetween(rated(committed(silent)), counted).total).toBe("1480.82");
  });

  test("under floor is lifted to it", () => {
    const january = rated(committed({ ...silent, fallback: "floor" }));
    expect(amounts(january)).toEqual({ requests: "0.00", "commitment#draw": "1019.18" });
  });

  test("is not drawn where no policy is named", () => {
    const { fallback: _policy, ...contract } = committed(silent);
    expect(amounts(rated(contract))).toEqual({ requests: "0.00" });
  });

  test("is not drawn where a minimum says what is billed", () => {
    const contract = committed({ ...silent, minimum: { amount: "500" } });
    expect(amounts(rated(contract))).toEqual({ requests: "0.00", "minimum#share": "500.00" });
  });

  test.each([
    { spent: "11500", lines: { requests: "0.00", "commitment#draw#share": "500.00" } },
    { spent: "12000", lines: { requests: "0.00" } },
  ])("draws no more than is left after $spent", ({ spent, lines }) => {
    const inputs = inputsOf({
      contract: committed(silent),
      now: "10 Feb",
      installations: [installationOf({ journals: [] })],
    });
    const january = computeStatement({ ...inputs, carried: { anchor: null, committed: spent } });
    expect(amounts(january)).toEqual(lines);
  });
});
