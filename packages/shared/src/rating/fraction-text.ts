/** Exact numbers as a statement writes them. */

import { format } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { formatFraction, roundHalfAwayFromZero } from "../numbers/fraction.ts";

/** Decimals of a quantity that has no decimal text, where it stands as one; the exact one stands in its computation. */
const shownDecimals = 12;

/** The decimal text where there is one, else `numerator/denominator`. */
export function fractionText(value: Fraction): string {
  const exact = exactDecimal(value);
  return exact === null ? formatFraction(value) : format(exact);
}

/** The decimal text where there is one, else that of the value rounded to 12 decimals. */
export function decimalText(value: Fraction): string {
  return format(exactDecimal(value) ?? roundHalfAwayFromZero(value, shownDecimals));
}

/** Null where the value has no finite decimal text. */
export function exactDecimal(value: Fraction): Decimal | null {
  let rest = value.denominator;
  let scale = 0;
  for (; rest % 10n === 0n; rest /= 10n) scale += 1;
  for (; rest % 2n === 0n || rest % 5n === 0n; scale += 1) rest /= rest % 2n === 0n ? 2n : 5n;
  return rest === 1n ? roundHalfAwayFromZero(value, scale) : null;
}
