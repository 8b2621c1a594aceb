/** The price model "blocks": so many blocks of one size, then blocks of the next; each block that is begun counts whole. */

import type { BlockPrice } from "../../contracts/price-model.ts";
import type { Fraction } from "../../numbers/fraction.ts";
import {
  fractionOf,
  greaterFraction,
  isPositive,
  lesserFraction,
  multiplyFractions,
  nothing,
  subtractFractions,
  sumFractions,
  toFraction,
} from "../../numbers/fraction.ts";
import { grouped } from "../basis.ts";
import { fractionText } from "../fraction-text.ts";
import type { Cost } from "./cost.ts";
import { packagesFor } from "./package.ts";

export function blockCost(price: BlockPrice, quantity: Fraction): Cost {
  let left = quantity;
  const costs = price.tiers.flatMap((tier, index) => {
    if (!isPositive(left)) return [];
    const size = fractionOf(tier.block);
    const begun = toFraction(packagesFor(left, size));
    // The last tier takes all that is left.
    const isLast = index === price.tiers.length - 1 || tier.blocks_max === null;
    const blocks = isLast ? begun : lesserFraction(begun, fractionOf(tier.blocks_max ?? "0"));
    left = greaterFraction(subtractFractions(left, multiplyFractions(blocks, size)), nothing);
    const exact = multiplyFractions(blocks, fractionOf(tier.amount));
    const note = `${grouped(fractionText(blocks))} blocks of ${grouped(tier.block)} × ${tier.amount}`;
    return [{ exact, step: { step: "tier" as const, value: fractionText(exact), note } }];
  });
  return {
    exact: sumFractions(costs.map(({ exact }) => exact)),
    steps: costs.map(({ step }) => step),
  };
}
