/** A change of plan inside of a period: what is given back and what is charged, as two lines that are rounded by themselves. */

import { add, negate } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { multiplyFractions, roundHalfAwayFromZero } from "../numbers/fraction.ts";

export type ChangeOfPlan = {
  /** Of the old fee, for the time that is left: 0 or less. */
  readonly credit: Decimal;
  /** Of the new fee, for the same time. */
  readonly charge: Decimal;
  /** Their sum; rounding it once would give another cent (section 4, why 12). */
  readonly net: Decimal;
};

/** `left`: which part of the period remains. `decimals`: of the currency's minor unit. */
export function changeOfPlan(
  fees: { readonly old: Fraction; readonly new: Fraction },
  left: Fraction,
  decimals: number,
): ChangeOfPlan {
  const credit = negate(prorated(fees.old, left, decimals));
  const charge = prorated(fees.new, left, decimals);
  return { credit, charge, net: add(credit, charge) };
}

/** A part of an amount, rounded once. */
export function prorated(amount: Fraction, part: Fraction, decimals: number): Decimal {
  return roundHalfAwayFromZero(multiplyFractions(amount, part), decimals);
}
