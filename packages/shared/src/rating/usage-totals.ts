/** Totals of usage by meter and dimension set, in one order whatever the order of the rows. */

import type { PlanDocument } from "../contracts/plan.ts";
import { add, decimal } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import { dimensionsKey } from "../wire/dimensions.ts";
import { gaugeFigure } from "./gauge-figure.ts";
import type { PeriodOfStatement, UsageRow } from "./statement-inputs.ts";

export type UsageTotal = {
  readonly meter: string;
  readonly dimensions: Dimensions;
  readonly quantity: Decimal;
};

type Row = { readonly meter: string; readonly dimensions: Dimensions; readonly quantity: string };

/** Sorted by meter, then by dimension set, both in code-point order. */
export function totalUsage(rows: Iterable<Row>): UsageTotal[] {
  const totals = new Map<string, { meter: string; dimensions: Dimensions; quantity: Decimal }>();
  for (const { meter, dimensions, quantity } of rows) {
    const key = keyOf(meter, dimensions);
    const total = totals.get(key);
    if (total === undefined) totals.set(key, { meter, dimensions, quantity: decimal(quantity) });
    else total.quantity = add(total.quantity, decimal(quantity));
  }
  return [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total);
}

/** Sums, but for meters that keep the greatest value and say which figure of the period counts. */
export function usageTotals(
  rows: readonly UsageRow[],
  plan: PlanDocument,
  period: PeriodOfStatement,
): UsageTotal[] {
  const gauges = new Map(
    plan.meters.flatMap((meter) =>
      meter.aggregation === "max" && meter.over_period !== undefined ? [[meter.name, meter]] : [],
    ),
  );
  const totals = totalUsage(rows);
  if (gauges.size === 0) return totals;
  const held = Map.groupBy(rows, ({ meter, dimensions }) => keyOf(meter, dimensions));
  return totals.map((total) => {
    const gauge = gauges.get(total.meter);
    if (gauge === undefined) return total;
    const some = held.get(keyOf(total.meter, total.dimensions)) ?? [];
    return { ...total, quantity: gaugeFigure(some, gauge, period) };
  });
}

function keyOf(meter: string, dimensions: Dimensions): string {
  return `${meter}\n${dimensionsKey(dimensions)}`;
}
