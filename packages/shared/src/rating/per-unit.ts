/** The price model "per unit": quantity × unit price, exactly. */

import { multiply } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { toFraction } from "../numbers/fraction.ts";
import type { Portion } from "./portion.ts";

export function perUnit({ quantity, unitPrice }: Portion): Fraction {
  return toFraction(multiply(quantity, unitPrice));
}
