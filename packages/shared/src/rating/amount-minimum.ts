/** A contracted minimum as an amount over all lines: a true-up line, measured on rounded lines (section 4, why 2). */

import { countsOf } from "../contracts/contract-terms.ts";
import type { Countable } from "../contracts/contract.ts";
import { decimal, format, formatFixed, isZero, sum } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  lesserFraction,
  multiplyFractions,
  roundHalfAwayFromZero,
  toFraction,
} from "../numbers/fraction.ts";
import type { RatedLine } from "./line.ts";
import { fractionText } from "./fraction-text.ts";
import { shortOf } from "./line-bounds.ts";
import { lineOf } from "./line.ts";
import { grouped } from "./basis.ts";
import { countedBefore, partOfCommitment } from "./commitment.ts";
import { missingStep } from "./quantity-minimum.ts";
import type { RatingContext } from "./rating-context.ts";
import type { ComputationStep } from "./statement.ts";
import { partOfMinimum } from "./trial.ts";
import { trueUpTo } from "./true-up.ts";

/** An amount that the period's lines are lifted to. */
type Floor = {
  /** Of its lines: `minimum`, `minimum#share`. */
  readonly id: string;
  readonly shareText: string;
  readonly trueUpText: string;
  readonly exact: Fraction;
  readonly kinds: readonly Countable[];
  /** Whether discounts lower what is measured. */
  readonly afterDiscounts: boolean;
  readonly note: string;
};

/** The share of the missing hours and the true-up, as far as they are above 0. */
export function minimumLines(
  context: RatingContext,
  candidates: readonly RatedLine[],
  discounts: readonly RatedLine[],
): RatedLine[] {
  const floor = contractedFloor(context);
  return floor === null ? [] : liftedTo(floor, context, candidates, discounts);
}

/**
 * A commitment has no amount for one period; where reports stay away and no minimum says what is billed then, the
 * period draws its part of it by hours, provisionally: what it draws counts towards the commitment (case 32).
 */
export function commitmentDraw(
  context: RatingContext,
  candidates: readonly RatedLine[],
): RatedLine[] {
  const { contract, period, carried } = context.inputs;
  const { commitment, minimum, fallback } = contract;
  if (context.fallback === null || fallback === undefined) return [];
  if (commitment === undefined || minimum !== undefined) return [];
  const part = partOfCommitment(contract, period);
  if (part === null) return [];
  const amount = toFraction(decimal(commitment.amount));
  const left = shortOf(amount, toFraction(countedBefore(commitment, carried)));
  // Of one that goes on from another contract, this one's hours stand for what that one left.
  const own = shortOf(amount, toFraction(decimal(commitment.counted ?? "0")));
  const whole = commitment.counted === undefined ? commitment.amount : fractionText(own);
  const floor: Floor = {
    id: "commitment#draw",
    shareText: "The commitment's part of the missing hours",
    trueUpText: "Draw on the commitment for the period",
    // What the periods before have used up of it cannot be drawn once more.
    exact: lesserFraction(multiplyFractions(own, part.fraction), left),
    kinds: commitment.counts ?? ["base", "usage", "overage"],
    afterDiscounts: false,
    note: `${context.currency} of the commitment: ${grouped(whole)} × ${part.text}`,
  };
  return liftedTo(floor, context, candidates, []);
}

function contractedFloor({ inputs, terms, currency }: RatingContext): Floor | null {
  const { contract, period } = inputs;
  const { minimum } = contract;
  if (minimum === undefined || !("amount" in minimum)) return null;
  const part = partOfMinimum(period, contract, terms.prorate.minimum);
  return {
    id: "minimum",
    shareText: "The contracted minimum's share of the missing hours",
    trueUpText: "True-up to the contracted minimum",
    exact: multiplyFractions(toFraction(decimal(minimum.amount)), part.fraction),
    kinds: countsOf(minimum),
    // By default promotions do not lower what is measured (section 4, why 4).
    afterDiscounts: minimum.discounts === "after",
    note:
      part.text === null
        ? `${currency} contracted for the period`
        : `${currency} contracted: ${grouped(minimum.amount)} × ${part.text}`,
  };
}

function liftedTo(
  floor: Floor,
  context: RatingContext,
  candidates: readonly RatedLine[],
  discounts: readonly RatedLine[],
): RatedLine[] {
  const { missing, decimals } = context;
  const whole = roundHalfAwayFromZero(floor.exact, decimals);
  const value = formatFixed(whole, decimals);
  const steps: ComputationStep[] = [{ step: "minimum", value, note: floor.note }];
  const lines: RatedLine[] = [];
  const shared = multiplyFractions(floor.exact, missing.part);
  if (!isZero(roundHalfAwayFromZero(shared, decimals))) {
    lines.push(shareLine(floor, context, steps, shared));
  }
  const counted = [
    ...candidates.filter(({ counts }) => counts !== null && floor.kinds.includes(counts)),
    ...lines,
    ...(floor.afterDiscounts ? discounts : []),
  ];
  const reached = sum(counted.map(({ amount }) => amount));
  const short = trueUpTo(whole, reached);
  if (isZero(short)) return lines;
  const step: ComputationStep = {
    step: "counts",
    value: formatFixed(reached, decimals),
    note: countedInWords(floor.kinds, counted, decimals),
  };
  return [...lines, trueUpLine(floor, context, [...steps, step], short)];
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
  floor: Floor,
  context: RatingContext,
  steps: readonly ComputationStep[],
  exact: Fraction,
): RatedLine {
  const { missing } = context;
  return lineOf({
    id: `${floor.id}#share`,
    kind: "share",
    description: floor.shareText,
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
  floor: Floor,
  context: RatingContext,
  steps: readonly ComputationStep[],
  short: Decimal,
): RatedLine {
  return lineOf({
    id: floor.id,
    kind: "true_up",
    description: floor.trueUpText,
    period: context.inputs.period,
    timing: "arrears",
    exact: toFraction(short),
    decimals: context.decimals,
    counts: null,
    steps: [...steps, { step: "exact", value: format(short), note: "what is missing to it" }],
  });
}
