/** The price model "per unit": quantity × unit price, exactly; the price may be for so many units. */

import type { Decimal } from "../../numbers/decimal.ts";
import type { Fraction } from "../../numbers/fraction.ts";
import { divideFractions, multiplyFractions, one, toFraction } from "../../numbers/fraction.ts";

export function perUnit(quantity: Fraction, unitPrice: Decimal, per: Fraction = one): Fraction {
  return multiplyFractions(divideFractions(quantity, per), toFraction(unitPrice));
}
