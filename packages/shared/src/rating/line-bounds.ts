/** A line's discount, least and most: discount first, then the least, then the most (billing rules, section 4). */

import type { Fraction } from "../numbers/fraction.ts";
import {
  greaterFraction,
  lesserFraction,
  nothing,
  subtractFractions,
} from "../numbers/fraction.ts";
import { percentOf } from "./prices/percentage.ts";

export function discounted(
  amount: Fraction,
  percent: string,
): { readonly amount: Fraction; readonly discount: Fraction } {
  const discount = percentOf(amount, percent);
  return { amount: subtractFractions(amount, discount), discount };
}

/** What each amount may still come to under a most that some of has been billed of already, the first one first. */
export function cappedInOrder(
  amounts: readonly Fraction[],
  maximum: Fraction,
  billed: Fraction = nothing,
): { readonly amount: Fraction; readonly cut: Fraction }[] {
  let left = greaterFraction(subtractFractions(maximum, billed), nothing);
  return amounts.map((amount) => {
    const kept = lesserFraction(amount, left);
    left = subtractFractions(left, kept);
    return { amount: kept, cut: subtractFractions(amount, kept) };
  });
}

/** What is missing to the least. */
export function shortOf(minimum: Fraction, reached: Fraction): Fraction {
  return greaterFraction(subtractFractions(minimum, reached), nothing);
}

/** Lifted to the least, then cut to the most. */
export function boundedBy(
  amount: Fraction,
  { minimum, maximum }: { readonly minimum?: Fraction; readonly maximum?: Fraction },
): Fraction {
  const lifted = minimum === undefined ? amount : greaterFraction(amount, minimum);
  return maximum === undefined ? lifted : lesserFraction(lifted, maximum);
}
