/** The included quota: taken from a line's portions in the declared order of their prices (section 4, why 5). */

import { format, isZero, lesser, negate, subtract } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Portion } from "./portion.ts";

/** `note` says where the quota is from. Each portion keeps what is left of it to bill. */
export function takeIncluded(
  portions: readonly Portion[],
  quota: Decimal,
  note: string,
): Portion[] {
  let left = quota;
  return portions.map((portion) => {
    const taken = lesser(left, portion.quantity);
    left = subtract(left, taken);
    const quantity = subtract(portion.quantity, taken);
    const steps = [...portion.steps];
    if (!isZero(taken)) {
      steps.push({ step: "included", value: format(negate(taken)), note });
      steps.push({ step: "billable", value: format(quantity), note: `${portion.unit} to bill` });
    }
    return { ...portion, quantity, steps };
  });
}
