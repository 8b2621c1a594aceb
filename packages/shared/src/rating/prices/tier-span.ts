/** Tiers as spans: from where to where each reaches. `up_to` belongs to its tier, what is above it to the next one. */

import type { Fraction } from "../../numbers/fraction.ts";
import {
  compareFractions,
  fractionOf,
  greaterFraction,
  lesserFraction,
  nothing,
  subtractFractions,
} from "../../numbers/fraction.ts";
import { grouped } from "../basis.ts";

export type TierSpan<One> = {
  readonly tier: One;
  readonly above: Fraction;
  /** Null: without end. */
  readonly upTo: Fraction | null;
  /** `1,001 to 5,000` in words that hold for fractions, too. */
  readonly inWords: string;
};

export function spansOf<One extends { readonly up_to: string | null }>(
  tiers: readonly One[],
): TierSpan<One>[] {
  return tiers.map((tier, index) => {
    const before = tiers[index - 1]?.up_to ?? null;
    return {
      tier,
      above: before === null ? nothing : fractionOf(before),
      upTo: tier.up_to === null ? null : fractionOf(tier.up_to),
      inWords: inWords(before, tier.up_to),
    };
  });
}

/** How much of the quantity lies inside of the span. */
export function insideOf({ above, upTo }: TierSpan<unknown>, quantity: Fraction): Fraction {
  const reached = upTo === null ? quantity : lesserFraction(quantity, upTo);
  return greaterFraction(subtractFractions(reached, above), nothing);
}

/** The span that the quantity ends in; the first one for 0. */
export function reachedSpan<One>(
  spans: readonly TierSpan<One>[],
  quantity: Fraction,
): TierSpan<One> | null {
  const found = spans.find(({ upTo }) => upTo === null || compareFractions(quantity, upTo) <= 0);
  return found ?? spans.at(-1) ?? null;
}

function inWords(above: string | null, upTo: string | null): string {
  if (above === null) return upTo === null ? "all" : `up to ${grouped(upTo)}`;
  return upTo === null
    ? `above ${grouped(above)}`
    : `above ${grouped(above)}, up to ${grouped(upTo)}`;
}
