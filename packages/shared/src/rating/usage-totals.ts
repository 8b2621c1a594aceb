/** Sums rows of usage by meter and dimension set, in one order whatever the order of the rows. */

import { add, decimal } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import { dimensionsKey } from "../wire/dimensions.ts";

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
    const key = `${meter}\n${dimensionsKey(dimensions)}`;
    const total = totals.get(key);
    if (total === undefined) totals.set(key, { meter, dimensions, quantity: decimal(quantity) });
    else total.quantity = add(total.quantity, decimal(quantity));
  }
  return [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total);
}
