/**
 * Discounts off the invoice: lines of their own over rounded lines, one after the other, never below nothing. They end by
 * what a line is for, not by the invoice that it stands on: a fee in advance for a time behind `until` is due in full.
 */

import type { Countable, Discount } from "../contracts/contract.ts";
import { allocateByLargestRemainder } from "../numbers/allocate.ts";
import { decimal, lesser, negate, rescale, subtract, sum, zero } from "../numbers/decimal.ts";
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
  const { contract } = context.inputs;
  const found: RatedLine[] = [];
  let open = candidates.map(({ amount }) => amount);
  for (const discount of contract.discounts ?? []) {
    const eligible = open.map((left, index) =>
      isDiscounted(candidates[index] as RatedLine, discount) ? left : zero,
    );
    const left = sum(eligible);
    const off = discountOf(discount, left, context.decimals);
    if (off.coefficient <= 0n) continue;
    found.push(discountLine(discount, left, off, context));
    const taken = split(off, eligible, context.decimals);
    open = open.map((one, index) => subtract(one, taken[index] ?? zero));
  }
  return found;
}

/** What a discount takes of each line, so that a later one of other lines is not lowered by it. */
function split(off: Decimal, eligible: readonly Decimal[], decimals: number): Decimal[] {
  const weights = eligible.map((one) => rescale(one, decimals).coefficient);
  return allocateByLargestRemainder(rescale(off, decimals).coefficient, weights).map(
    (coefficient) => ({ coefficient, scale: decimals }),
  );
}

function isDiscounted({ line, counts }: RatedLine, { on, until }: Discount): boolean {
  // A year's fee is measured against no period's minimum, and is a base fee all the same.
  const kind = counts ?? (line.kind === "base" ? "base" : null);
  if (kind === null || !(on ?? every).includes(kind)) return false;
  return until === undefined || line.period.from < until;
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
  return roundHalfAwayFromZero(toFraction(lesser(decimal(amount ?? "0"), left)), decimals);
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
