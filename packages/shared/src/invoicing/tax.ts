/** Taxes as a processor computes them, so that ours can be held against its: per line or once for the invoice. */

import type { Decimal } from "../numbers/decimal.ts";
import { add, sum } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { multiplyFractions, roundHalfAwayFromZero, toFraction } from "../numbers/fraction.ts";

/** Two systems that round at different places differ by a cent. */
export type TaxRounding = "line" | "invoice";

/** `rate`: 0.2 for 20 %. */
export function taxOf(
  lines: readonly Decimal[],
  rate: Fraction,
  rounding: TaxRounding,
  decimals: number,
): Decimal {
  const taxed = (amount: Decimal) =>
    roundHalfAwayFromZero(multiplyFractions(toFraction(amount), rate), decimals);
  switch (rounding) {
    case "line":
      return sum(lines.map(taxed));
    case "invoice":
      return taxed(sum(lines));
  }
}

/** Several taxes on one amount: each on the amount alone, none on another. */
export function taxesOf(amount: Decimal, rates: readonly Fraction[], decimals: number): Decimal {
  return sum(rates.map((rate) => taxOf([amount], rate, "invoice", decimals)));
}

export function withTax(amount: Decimal, rate: Fraction, decimals: number): Decimal {
  return add(amount, taxOf([amount], rate, "invoice", decimals));
}
