/** A quota that is given anew each UTC day, or at every instant: what of it was taken, hour by hour, and no more. */

import type { Included, UsageLine } from "../contracts/plan.ts";
import { add, decimal, zero } from "../numbers/decimal.ts";
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

/** Whether it is given anew, so that nothing of it lasts. */
export function isByTime({ per }: Pick<Included, "per">): boolean {
  return per === "day" || per === "instant";
}

/** What of each price's usage is taken by the quota, in the meter's own unit. */
export type TakenByTime = {
  readonly counted: readonly Fraction[];
  readonly estimated: readonly Fraction[];
};

/**
 * Price by price, of each what was counted before what was estimated for the same day or hour. `rows`: those of the line's
 * meter that are billable.
 */
export function takenByTime(
  line: UsageLine,
  included: Included,
  rows: { readonly counted: readonly UsageRow[]; readonly estimated: readonly UsageRow[] },
  prices: number,
): TakenByTime {
  // A day's quota is used up within its UTC day; what may be held at every instant, within each hour.
  const bucketOf = ({ window }: UsageRow) =>
    included.per === "day" ? window.slice(0, 10) : window;
  const quota =
    included.per === "day"
      ? fractionOf(included.quantity)
      : multiplyFractions(fractionOf(included.quantity), fraction(BigInt(secondsPerHour), 1n));
  const estimates = Map.groupBy(rows.estimated, bucketOf);
  const counts = Map.groupBy(rows.counted, bucketOf);
  const taken = Array.from({ length: 2 * prices }, () => nothing);
  for (const bucket of new Set([...counts.keys(), ...estimates.keys()])) {
    const estimated = quantitiesByPrice(line, estimates.get(bucket) ?? [], prices);
    const quantities = quantitiesByPrice(line, counts.get(bucket) ?? [], prices).flatMap(
      (one, index) => [one, estimated[index] ?? zero].map(toFraction),
    );
    takenInOrder(quantities, quota).forEach((part, index) => {
      taken[index] = addFractions(taken[index] ?? nothing, part);
    });
  }
  return {
    counted: taken.filter((_, index) => index % 2 === 0),
    estimated: taken.filter((_, index) => index % 2 === 1),
  };
}

type Quantified = {
  readonly dimensions: UsageRow["dimensions"];
  readonly quantity: string | Decimal;
};

/** The sum at each price, the line's own last. */
export function quantitiesByPrice(
  line: UsageLine,
  rows: readonly Quantified[],
  prices: number,
): Decimal[] {
  const sums = Array.from({ length: prices }, (): Decimal => ({ coefficient: 0n, scale: 0 }));
  for (const { dimensions, quantity } of rows) {
    const index = indexOfPrice(line, dimensions);
    const sum = sums[index];
    if (sum === undefined) continue;
    sums[index] = add(sum, typeof quantity === "string" ? decimal(quantity) : quantity);
  }
  return sums;
}

export function quotaByTimeInWords({ quantity, per }: Included, unit: string): string {
  return per === "day"
    ? `included: ${grouped(quantity)} each UTC day`
    : `included: ${grouped(quantity)} at every instant, in ${unit}`;
}
