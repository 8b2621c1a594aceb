/** What is left of a quota, or of a grant, goes into the next period: at least the one bound, at most the other. */

import type { Fraction } from "../numbers/fraction.ts";
import { fractionOf, greaterFraction, lesserFraction, nothing } from "../numbers/fraction.ts";

export type RolloverBounds = { readonly minimum?: string; readonly maximum?: string };

export function rolledOver(left: Fraction, { minimum, maximum }: RolloverBounds): Fraction {
  const raised = greaterFraction(left, minimum === undefined ? nothing : fractionOf(minimum));
  return maximum === undefined ? raised : lesserFraction(raised, fractionOf(maximum));
}
