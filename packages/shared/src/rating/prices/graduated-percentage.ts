/** The price model "graduated percentage": of each tier its own part; a tier that is entered adds its flat fee. */

import type { GraduatedPercentagePrice } from "../../contracts/price-model.ts";
import type { Fraction } from "../../numbers/fraction.ts";
import { addFractions, fractionOf, isPositive, sumFractions } from "../../numbers/fraction.ts";
import { grouped } from "../basis.ts";
import { decimalText, fractionText } from "../fraction-text.ts";
import type { Cost } from "./cost.ts";
import { percentOf } from "./percentage.ts";
import { insideOf, spansOf } from "./tier-span.ts";

export function graduatedPercentageCost(price: GraduatedPercentagePrice, amount: Fraction): Cost {
  const costs = spansOf(price.tiers).flatMap((span) => {
    const inside = insideOf(span, amount);
    if (!isPositive(inside)) return [];
    const { percent, flat } = span.tier;
    const exact = addFractions(percentOf(inside, percent), fractionOf(flat ?? "0"));
    const fee = flat === undefined ? "" : ` + flat ${grouped(flat)}`;
    const note = `${span.inWords}: ${percent} % of ${grouped(decimalText(inside))}${fee}`;
    return [{ exact, step: { step: "tier" as const, value: fractionText(exact), note } }];
  });
  return {
    exact: sumFractions(costs.map(({ exact }) => exact)),
    steps: costs.map(({ step }) => step),
  };
}
