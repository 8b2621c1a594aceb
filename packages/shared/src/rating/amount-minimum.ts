/** A contracted minimum as an amount over all lines: a true-up line, measured on rounded lines (section 4, why 2). */

import { countsOf } from "../contracts/contract-terms.ts";
import type { Countable } from "../contracts/contract.ts";
import {
  decimal,
  format,
  formatFixed,
  greater,
  isZero,
  subtract,
  sum,
  zero,
} from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { multiplyFractions, roundHalfAwayFromZero, toFraction } from "../numbers/fraction.ts";
import type { RatedLine } from "./line.ts";
import { fractionText } from "./fraction-text.ts";
import { lineOf } from "./line.ts";
import { grouped } from "./basis.ts";
import { isWhole, partInWords, partOfCycle } from "./proration.ts";
import { missingStep } from "./quantity-minimum.ts";
import type { RatingContext } from "./rating-context.ts";
import type { ComputationStep } from "./statement.ts";

/** The share of the missing hours and the true-up, as far as they are above 0. */
export function minimumLines(
  context: RatingContext,
  candidates: readonly RatedLine[],
  discounts: readonly RatedLine[],
): RatedLine[] {
  const { inputs, terms, missing, decimals } = context;
  const { contract, period } = inputs;
  const { minimum } = contract;
  if (minimum === undefined || !("amount" in minimum)) return [];
  const part = partOfCycle(period, terms.prorate.minimum);
  const exact = multiplyFractions(toFraction(decimal(minimum.amount)), part);
  const whole = roundHalfAwayFromZero(exact, decimals);
  const note = isWhole(part)
    ? `${context.currency} contracted for the period`
    : `${context.currency} contracted: ${grouped(minimum.amount)} × ${partInWords(period)}`;
  const steps: ComputationStep[] = [{ step: "minimum", value: formatFixed(whole, decimals), note }];
  const lines: RatedLine[] = [];
  const shared = multiplyFractions(exact, missing.part);
  if (!isZero(roundHalfAwayFromZero(shared, decimals))) {
    lines.push(shareLine(context, steps, shared));
  }
  const kinds = countsOf(minimum);
  const counted = [
    ...candidates.filter(({ counts }) => counts !== null && kinds.includes(counts)),
    ...lines,
    // By default promotions do not lower what is measured (section 4, why 4).
    ...(minimum.discounts === "after" ? discounts : []),
  ];
  const reached = sum(counted.map(({ amount }) => amount));
  const short = trueUpTo(whole, reached);
  if (isZero(short)) return lines;
  const step: ComputationStep = {
    step: "counts",
    value: formatFixed(reached, decimals),
    note: countedInWords(kinds, counted, decimals),
  };
  return [...lines, trueUpLine(context, [...steps, step], short)];
}

/** What is missing of the whole; 0 where it is reached. */
export function trueUpTo(whole: Decimal, reached: Decimal): Decimal {
  return greater(subtract(whole, reached), zero);
}

/** `base 499.00 (billed in advance), usage 300.00, share 96.77` */
function countedInWords(
  kinds: readonly Countable[],
  counted: readonly RatedLine[],
  decimals: number,
): string {
  const total = (some: readonly RatedLine[]) =>
    grouped(formatFixed(sum(some.map(({ amount }) => amount)), decimals));
  const parts = kinds.flatMap((kind) => {
    const some = counted.filter(({ counts }) => counts === kind);
    if (some.length === 0) return [];
    const early = some.every(({ line }) => line.timing === "advance");
    return [`${kind} ${total(some)}${early ? " (billed in advance)" : ""}`];
  });
  const shared = counted.filter(({ line }) => line.kind === "share");
  if (shared.length > 0) parts.push(`share ${total(shared)}`);
  const promoted = counted.filter(({ line }) => line.kind === "discount");
  if (promoted.length > 0) parts.push(`discounts ${total(promoted)}`);
  return parts.length === 0 ? `nothing of ${kinds.join(", ")}` : parts.join(", ");
}

function shareLine(
  context: RatingContext,
  steps: readonly ComputationStep[],
  exact: Fraction,
): RatedLine {
  const { missing } = context;
  return lineOf({
    id: "minimum#share",
    kind: "share",
    description: "The contracted minimum's share of the missing hours",
    period: context.inputs.period,
    timing: "arrears",
    exact,
    decimals: context.decimals,
    counts: null,
    steps: [
      ...steps,
      missingStep(missing),
      { step: "exact", value: fractionText(exact), note: "minimum × missing" },
    ],
  });
}

function trueUpLine(
  context: RatingContext,
  steps: readonly ComputationStep[],
  short: Decimal,
): RatedLine {
  return lineOf({
    id: "minimum",
    kind: "true_up",
    description: "True-up to the contracted minimum",
    period: context.inputs.period,
    timing: "arrears",
    exact: toFraction(short),
    decimals: context.decimals,
    counts: null,
    steps: [...steps, { step: "exact", value: format(short), note: "what is missing to it" }],
  });
}
