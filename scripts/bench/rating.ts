/** A million hourly rows of 1,000 contracts with mixed price models, rated into statements; held against merely summing them: at most 2.5 times that. */

import type { ContractDocument } from "@submeter/shared/contracts/contract";
import type { PlanDocument, UsageLine } from "@submeter/shared/contracts/plan";
import { computeStatement } from "@submeter/shared/rating/compute-statement";
import { digestOfInputs } from "@submeter/shared/rating/encode-inputs";
import type { StatementInputs, UsageRow } from "@submeter/shared/rating/statement-inputs";
import type { Measured } from "../bench.ts";

const contractsMax = 1000;
const rowsOfContract = 1000;
const rounds = 3;

export function ratingBenches(): readonly Measured[] {
  const contracts = Array.from({ length: contractsMax }, (_, index) => inputsOf(index));
  const digests = contracts.map((inputs) => digestOfInputs(inputs));
  const grouped = best(() =>
    contracts.map(({ contract, usage }) => groupedSum(contract.id, usage)),
  );
  // As a close does: the inputs are frozen and digested once, before, whatever is made of them.
  const rated = best(() =>
    contracts.map((inputs, index) => computeStatement(inputs, digests[index])),
  );
  return [
    {
      name: "rating.million_rows",
      value: rated,
      unit: "ms",
      limit: grouped,
      ratio: Math.round((rated / grouped) * 1000) / 1000,
    },
  ];
}

/** The least that anybody has to do: one sum for each contract, meter and dimension set. */
function groupedSum(contract: string, rows: readonly UsageRow[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { meter, dimensions, quantity } of rows) {
    const key = `${contract}|${meter}|${JSON.stringify(dimensions)}`;
    sums.set(key, (sums.get(key) ?? 0n) + BigInt(quantity));
  }
  return sums;
}

function best(work: () => unknown): number {
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
  return Math.round(Math.min(...times));
}

const prices: readonly Partial<UsageLine>[] = [
  { unit_price: "0.000003" },
  { unit_price: "0.003", per: "1000", included: "100000" },
  {
    price: {
      model: "graduated",
      tiers: [
        { up_to: "100000", unit_price: "0.00001" },
        { up_to: null, unit_price: "0.000005" },
      ],
    },
  },
  {
    price: {
      model: "volume",
      tiers: [
        { up_to: "100000", unit_price: "0.00001" },
        { up_to: null, unit_price: "0.000004" },
      ],
    },
  },
  { price: { model: "package", size: "1000", amount: "0.02" }, maximum: "500", discount: "5" },
];

function inputsOf(index: number): StatementInputs {
  const meters = ["requests", "tokens", "searches"].map((name) => ({
    name,
    unit: "unit",
    aggregation: "sum" as const,
    scale: 0,
  }));
  const plan: PlanDocument = {
    version: 1,
    id: "mixed",
    currency: "USD",
    meters,
    lines: [
      { id: "fee", kind: "base", amount: "49.00", timing: "arrears" },
      ...meters.map(({ name }, at): UsageLine => ({
        id: name,
        kind: "usage",
        meter: name,
        ...prices[(index + at) % prices.length],
        prices: [{ dimensions: { model: "large", direction: "output" }, unit_price: "0.00002" }],
      })),
    ],
  };
  const contract: ContractDocument = {
    version: 1,
    id: `contract-${index}`,
    customer: `customer-${index}`,
    plan: { id: "mixed", version: 1 },
    term: { from: "2026-01-01T00:00:00Z", to: null },
    cycle: { every: "month" },
    ...(index % 2 === 0 ? { minimum: { amount: "100" }, fallback: "floor" as const } : {}),
  };
  const period = {
    from: "2026-01-01T00:00:00Z",
    to: "2026-02-01T00:00:00Z",
    cycle_from: "2026-01-01T00:00:00Z",
    cycle_to: "2026-02-01T00:00:00Z",
  };
  return {
    version: 1,
    scope: "period",
    number: 1,
    as_of: "2026-02-02T00:00:00Z",
    plan,
    contract,
    period,
    advance: null,
    cut: [],
    hours: {
      evaluated_to: period.to,
      total: { expected: 744, counted: 744, pending: 0, uncounted: 0, excused: 0, overdue: 0 },
      installations: [],
    },
    usage: Array.from({ length: rowsOfContract }, (_, row) => rowOf(index, row)),
    history: [],
    carried: { anchor: null },
  };
}

/** Numbers without chance: a small congruence, so that every run measures the same. */
function rowOf(contract: number, row: number): UsageRow {
  const number = (contract * 7919 + row * 104_729) % 100_003;
  const hour = row % 744;
  const day = String(Math.floor(hour / 24) + 1).padStart(2, "0");
  return {
    installation: `site-${contract}`,
    journal: "a",
    window: `2026-01-${day}T${String(hour % 24).padStart(2, "0")}:00:00Z`,
    meter: ["requests", "tokens", "searches"][row % 3] ?? "",
    dimensions: {
      direction: row % 2 === 0 ? "input" : "output",
      model: ["small", "large"][number % 2] ?? "",
    },
    quantity: String(number),
  };
}
