/** The price model "graduated": each unit costs what its own tier says; a tier that is entered adds its flat fee. */

import type { GraduatedPrice, Tier } from "../../contracts/price-model.ts";
import type { Fraction } from "../../numbers/fraction.ts";
import {
  addFractions,
  divideFractions,
  fractionOf,
  isPositive,
  multiplyFractions,
  one,
  sumFractions,
} from "../../numbers/fraction.ts";
import { grouped } from "../basis.ts";
import { decimalText, fractionText } from "../fraction-text.ts";
import type { ComputationStep } from "../statement.ts";
import type { Cost } from "./cost.ts";
import type { TierSpan } from "./tier-span.ts";
import { insideOf, spansOf } from "./tier-span.ts";

/** `per`: how many units a unit price is for. */
export function graduatedCost(
  price: GraduatedPrice,
  quantity: Fraction,
  per: Fraction = one,
): Cost {
  const entered = spansOf(price.tiers).filter(
    (span, index) =>
      isPositive(insideOf(span, quantity)) || (index === 0 && price.flat_at_zero === true),
  );
  const costs = entered.map((span) => tierCost(span, insideOf(span, quantity), per));
  return {
    exact: sumFractions(costs.map(({ exact }) => exact)),
    steps: costs.map(({ step }) => step),
  };
}

/** What so many units cost in one tier, its flat fee included. */
export function tierCost(
  { tier, inWords }: TierSpan<Tier>,
  quantity: Fraction,
  per: Fraction,
): { exact: Fraction; step: ComputationStep } {
  const units = multiplyFractions(
    divideFractions(quantity, per),
    fractionOf(tier.unit_price ?? "0"),
  );
  const exact = addFractions(units, fractionOf(tier.flat ?? "0"));
  const parts = [
    ...(tier.unit_price === undefined
      ? []
      : [`${grouped(decimalText(quantity))} × ${tier.unit_price}`]),
    ...(tier.flat === undefined ? [] : [`flat ${grouped(tier.flat)}`]),
  ];
  return {
    exact,
    step: { step: "tier", value: fractionText(exact), note: `${inWords}: ${parts.join(" + ")}` },
  };
}
