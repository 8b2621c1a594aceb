/** Discounts off the invoice: lines of their own over rounded lines, one after the other, never below nothing. */

import type { Countable, Discount } from "../contracts/contract.ts";
import { decimal, lesser, negate, subtract, sum } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import { roundHalfAwayFromZero, toFraction } from "../numbers/fraction.ts";
import { grouped } from "./basis.ts";
import { fractionText } from "./fraction-text.ts";
import type { RatedLine } from "./line.ts";
import { lineOf } from "./line.ts";
import { percentOf } from "./prices/percentage.ts";
import type { RatingContext } from "./rating-context.ts";

const every: readonly Countable[] = ["base", "usage", "overage", "packs"];

export function discountLines(
  context: RatingContext,
  candidates: readonly RatedLine[],
): RatedLine[] {
  const { contract, period } = context.inputs;
  const found: RatedLine[] = [];
  for (const discount of contract.discounts ?? []) {
    if (discount.until !== undefined && period.from >= discount.until) continue;
    const kinds = discount.on ?? every;
    const eligible = candidates.filter(({ counts }) => counts !== null && kinds.includes(counts));
    const left = sum([...eligible, ...found].map(({ amount }) => amount));
    const off = discountOf(discount, left, context.decimals);
    if (off.coefficient > 0n) found.push(discountLine(discount, left, off, context));
  }
  return found;
}

/** What one discount takes of what the ones before it have left. */
export function discountOf(
  { percent, amount }: Pick<Discount, "percent" | "amount">,
  left: Decimal,
  decimals: number,
): Decimal {
  if (percent !== undefined) {
    return roundHalfAwayFromZero(percentOf(toFraction(left), percent), decimals);
  }
  return lesser(decimal(amount ?? "0"), left);
}

/** What is left of an amount after all of them, in their order. */
export function afterDiscounts(
  amount: Decimal,
  discounts: readonly Pick<Discount, "percent" | "amount">[],
  decimals: number,
): Decimal {
  return discounts.reduce(
    (left, discount) => subtract(left, discountOf(discount, left, decimals)),
    amount,
  );
}

function discountLine(
  { id, description, percent, amount }: Discount,
  left: Decimal,
  off: Decimal,
  { inputs, decimals }: RatingContext,
): RatedLine {
  const note =
    percent === undefined
      ? `at most what is left: ${grouped(textOf(left))}`
      : `${percent} % of ${grouped(textOf(left))}`;
  return lineOf({
    id: `discount/${id}`,
    kind: "discount",
    description:
      description ?? `Discount ${percent === undefined ? (amount ?? "") : `${percent} %`}`,
    period: inputs.period,
    timing: "arrears",
    exact: toFraction(negate(off)),
    decimals,
    counts: null,
    steps: [{ step: "discount", value: textOf(negate(off)), note }],
  });
}

function textOf(value: Decimal): string {
  return fractionText(toFraction(value));
}
