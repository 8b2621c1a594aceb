/** What lifts an amount to what was contracted. */

import { greater, subtract, zero } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";

/** What is missing of the whole; 0 where it is reached. */
export function trueUpTo(whole: Decimal, reached: Decimal): Decimal {
  return greater(subtract(whole, reached), zero);
}
