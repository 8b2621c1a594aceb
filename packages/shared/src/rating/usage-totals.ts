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
  // Rows by the million: labels are told apart as they are written, and brought into order once for each total.
  const sums = new Map<string, UsageTotal & { quantity: Decimal }>();
  for (const { meter, dimensions, quantity } of rows) {
    const key = writtenKey(meter, dimensions);
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { meter, dimensions, quantity: quantityOf(quantity) });
    else sum.quantity = add(sum.quantity, quantityOf(quantity));
  }
  const totals = new Map<string, UsageTotal & { quantity: Decimal }>();
  for (const sum of sums.values()) {
    const key = keyOf(sum.meter, sum.dimensions);
    const total = totals.get(key);
    if (total === undefined) totals.set(key, sum);
    else total.quantity = add(total.quantity, sum.quantity);
  }
  return [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total);
}

/** One text for the labels in the order in which they are written; lengths keep any value from posing as another. */
function writtenKey(meter: string, dimensions: Dimensions): string {
  let key = meter;
  for (const name in dimensions) {
    const value = dimensions[name] ?? "";
    key += `\n${name}=${value.length}:${value}`;
  }
  return key;
}

/** Whole numbers, the most of all quantities, need no grammar beyond their digits. */
function quantityOf(text: string): Decimal {
  return wholeNumber.test(text) ? { coefficient: BigInt(text), scale: 0 } : decimal(text);
}

const wholeNumber = /^(0|[1-9][0-9]{0,17})$/;

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
