/** The included quota: taken from a line's portions in the declared order of their prices (section 4, why 5). */

import type { Fraction } from "../numbers/fraction.ts";
import {
  isPositive,
  lesserFraction,
  nothing,
  sumFractions,
  subtractFractions,
} from "../numbers/fraction.ts";
import { fractionText } from "./fraction-text.ts";
import type { Portion } from "./portion.ts";
import type { ComputationStep } from "./statement.ts";

/** `note` says where the quota is from. Each portion keeps what is left of it to bill. */
export function takeIncluded(
  portions: readonly Portion[],
  quota: Fraction,
  note: string,
): Portion[] {
  const quantities = portions.map(({ quantity }) => quantity);
  return lessTaken(portions, takenInOrder(quantities, quota), { step: "included", note });
}

/** What each quantity takes of the whole, the first one first. */
export function takenInOrder(quantities: readonly Fraction[], whole: Fraction): Fraction[] {
  let left = whole;
  return quantities.map((quantity) => {
    const taken = lesserFraction(left, quantity);
    left = subtractFractions(left, taken);
    return taken;
  });
}

/** What is left of each quantity to bill, and of the quota for what comes after. */
export function quotaThrough(
  quantities: readonly Fraction[],
  quota: Fraction,
): { readonly billable: readonly Fraction[]; readonly left: Fraction } {
  const taken = takenInOrder(quantities, quota);
  return {
    billable: quantities.map((one, index) => subtractFractions(one, taken[index] ?? nothing)),
    left: subtractFractions(quota, sumFractions(taken)),
  };
}

/** Each portion less what was taken of it, with the step that says so. */
export function lessTaken(
  portions: readonly Portion[],
  taken: readonly Fraction[],
  { step, note }: Pick<ComputationStep, "step" | "note">,
): Portion[] {
  return portions.map((portion, index) => {
    const part = taken[index] ?? nothing;
    if (!isPositive(part)) return portion;
    const quantity = subtractFractions(portion.quantity, part);
    return {
      ...portion,
      quantity,
      steps: [
        ...portion.steps,
        { step, value: fractionText(subtractFractions(nothing, part)), note },
        { step: "billable", value: fractionText(quantity), note: `${portion.unit} to bill` },
      ],
    };
  });
}
