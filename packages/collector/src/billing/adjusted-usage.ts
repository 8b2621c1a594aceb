/** What approved adjustments make of counted usage, beside it: never mixed in, because nobody reported it. */

import { add, decimal, format, isNegative, type Decimal } from "@submeter/shared/numbers/decimal";
import { adjustmentWithin } from "@submeter/shared/rating/usage-adjustments";
import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import type { Dimensions } from "@submeter/shared/wire/dimensions";
import type { Queryable } from "../store/database.ts";
import { adjustmentsOver } from "../store/usage-adjustments.ts";

export type AdjustmentWithin = {
  readonly id: string;
  readonly customer: string;
  readonly meter: string;
  readonly dimensions: Dimensions;
  readonly from: string;
  readonly to: string;
  /** Signed, over all of its hours. */
  readonly quantity: string;
  /** What of it falls into the span that is asked for, as rating spreads it. */
  readonly within: string;
  readonly reason: string;
};

/** They are made by hand: more than that in one span is not read at once. */
const adjustmentsMax = 10_000;

export async function adjustmentsWithin(
  db: Queryable,
  asked: { customer: string | null; meter: string | null; from: Instant; to: Instant },
): Promise<AdjustmentWithin[]> {
  const span = { from: formatInstant(asked.from), to: formatInstant(asked.to) };
  const rows = await adjustmentsOver(db, asked, adjustmentsMax);
  return rows.map((row) => {
    const { id, meter, quantity, reason } = row;
    const dimensions = JSON.parse(row.dimensions) as Dimensions;
    const [from, to] = [formatInstant(row.from_at), formatInstant(row.to_at)];
    const one = { id, meter, dimensions, from, to, quantity, reason };
    return { ...one, customer: row.customer_id, within: format(adjustmentWithin(one, span)) };
  });
}

/** Of the meters that have any. As in rating nothing falls below zero. */
export function adjustedTotals(
  counted: Readonly<Record<string, string>>,
  adjustments: readonly Pick<AdjustmentWithin, "meter" | "within">[],
): Record<string, string> {
  const sums = new Map<string, Decimal>();
  for (const { meter, within } of adjustments) {
    sums.set(meter, add(sums.get(meter) ?? decimal(counted[meter] ?? "0"), decimal(within)));
  }
  const meters = [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    meters.map(([meter, sum]) => [meter, isNegative(sum) ? "0" : format(sum)]),
  );
}
