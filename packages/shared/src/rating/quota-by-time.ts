/** A quota that is given anew each UTC day, or at every instant: what of it was taken, hour by hour, and no more. */

import type { Included, UsageLine } from "../contracts/plan.ts";
import { add, decimal } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  addFractions,
  fraction,
  fractionOf,
  multiplyFractions,
  nothing,
  toFraction,
} from "../numbers/fraction.ts";
import { secondsPerHour } from "../time/instant.ts";
import { grouped } from "./basis.ts";
import { takenInOrder } from "./included-quota.ts";
import { indexOfPrice } from "./select-prices.ts";
import type { UsageRow } from "./statement-inputs.ts";

/** What is taken at each price of the line, in the meter's own unit; `rows`: those of the line's meter that are billable. */
export function takenByTime(
  line: UsageLine,
  included: Included,
  rows: readonly UsageRow[],
  prices: number,
): Fraction[] {
  // A day's quota is used up within its UTC day; what may be held at every instant, within each hour.
  const bucketOf = ({ window }: UsageRow) =>
    included.per === "day" ? window.slice(0, 10) : window;
  const quota =
    included.per === "day"
      ? fractionOf(included.quantity)
      : multiplyFractions(fractionOf(included.quantity), fraction(BigInt(secondsPerHour), 1n));
  const taken = Array.from({ length: prices }, () => nothing);
  for (const some of Map.groupBy(rows, bucketOf).values()) {
    const quantities = quantitiesByPrice(line, some, prices).map(toFraction);
    takenInOrder(quantities, quota).forEach((part, index) => {
      taken[index] = addFractions(taken[index] ?? nothing, part);
    });
  }
  return taken;
}

/** The sum at each price, the line's own last. */
export function quantitiesByPrice(
  line: UsageLine,
  rows: readonly UsageRow[],
  prices: number,
): Decimal[] {
  const sums = Array.from({ length: prices }, (): Decimal => ({ coefficient: 0n, scale: 0 }));
  for (const { dimensions, quantity } of rows) {
    const index = indexOfPrice(line, dimensions);
    const sum = sums[index];
    if (sum !== undefined) sums[index] = add(sum, decimal(quantity));
  }
  return sums;
}

export function quotaByTimeInWords({ quantity, per }: Included, unit: string): string {
  return per === "day"
    ? `included: ${grouped(quantity)} each UTC day`
    : `included: ${grouped(quantity)} at every instant, in ${unit}`;
}
