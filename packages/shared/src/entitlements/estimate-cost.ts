/**
 * What the open period would cost as of now, by the engine that rates the invoice. An estimate all the same: days stand for
 * their hours, and what other installations counted since the state is not in it.
 */

import { format, greater, decimal } from "../numbers/decimal.ts";
import { resolvePlan } from "../contracts/resolve-plan.ts";
import { rate } from "../rating/rate.ts";
import type { StatementLine, UnpricedUsage } from "../rating/statement.ts";
import type { StatementInputs, UsageRow } from "../rating/statement-inputs.ts";
import type { Instant } from "../time/instant.ts";
import { formatInstant } from "../time/instant.ts";
import { dimensionsKey } from "../wire/dimensions.ts";
import type { PricesOfState } from "./plan-of-state.ts";

export type CostEstimate = {
  readonly currency: string;
  readonly period: { readonly from: string; readonly to: string };
  readonly total: string;
  /** What a comped contract would cost; null elsewhere. */
  readonly shadow_total: string | null;
  readonly lines: readonly Pick<StatementLine, "id" | "description" | "amount">[];
  readonly unpriced: readonly UnpricedUsage[];
};

export type CountedRow = Omit<UsageRow, "installation" | "journal">;

/** `counted`: what was counted here and is not in the prices' `usage`. */
export function estimateCost(
  prices: PricesOfState,
  counted: readonly CountedRow[],
  now: Instant,
): CostEstimate {
  const { period } = prices;
  const inPeriod = counted.filter(({ window }) => window >= period.from && window < period.to);
  const { lines, total, shadowTotal, unpriced } = rate(inputsOf(prices, inPeriod, now));
  return {
    currency: prices.plan.currency,
    period: { from: period.from, to: period.to },
    total,
    shadow_total: shadowTotal,
    lines: lines.map(({ id, description, amount }) => ({ id, description, amount })),
    unpriced,
  };
}

function inputsOf(
  prices: PricesOfState,
  counted: readonly CountedRow[],
  now: Instant,
): StatementInputs {
  const plan = resolvePlan(prices.plan, prices.contract);
  const peaks = new Set(
    plan.meters.filter(({ aggregation }) => aggregation === "max").map(({ name }) => name),
  );
  const of = { installation: "all", journal: "" };
  const all = [...prices.usage, ...counted];
  const none = { expected: 0, counted: 0, pending: 0, uncounted: 0, excused: 0, overdue: 0 };
  return {
    version: 1,
    scope: "period",
    number: 1,
    as_of: formatInstant(now),
    plan: prices.plan,
    contract: prices.contract,
    period: prices.period,
    advance: null,
    cut: [],
    hours: { evaluated_to: prices.period.from, total: none, installations: [] },
    usage: [
      ...all.filter(({ meter }) => !peaks.has(meter)),
      ...greatest(all.filter(({ meter }) => peaks.has(meter))),
    ].map((row) => ({ ...of, ...row })),
    history: [],
    carried: { anchor: null, ...prices.carried },
  };
}

/** Of one hour and one set of labels the greatest counts, whoever counted it. */
function greatest(rows: readonly CountedRow[]): CountedRow[] {
  const sets = Map.groupBy(
    rows,
    ({ window, meter, dimensions }) => `${window} ${meter} ${dimensionsKey(dimensions)}`,
  );
  return [...sets.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const quantity = some
      .map((row) => decimal(row.quantity))
      .reduce((most, value) => greater(most, value));
    return [{ ...first, quantity: format(quantity) }];
  });
}
