/** A contracted minimum as an amount over all lines: a true-up line, measured on rounded lines (section 4, why 2). */

import { countsOf } from "../contracts/contract-terms.ts";
import type { ContractDocument, Countable } from "../contracts/contract.ts";
import {
  decimal,
  format,
  formatFixed,
  isNegative,
  isZero,
  subtract,
  sum,
} from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { multiplyFractions, roundHalfAwayFromZero, toFraction } from "../numbers/fraction.ts";
import type { RatedLine } from "./line.ts";
import { fractionText, lineOf } from "./line.ts";
import { isWhole, partInWords, partOfCycle } from "./proration.ts";
import { missingStep } from "./quantity-minimum.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";
import type { ComputationStep } from "./statement.ts";

/** An amount that may count towards the minimum: a line, or a fee of this period that was billed in advance. */
export type CountedAmount = Pick<RatedLine, "counts" | "amount">;

export type MinimumContext = {
  readonly contract: ContractDocument;
  readonly period: PeriodOfStatement;
  readonly prorated: boolean;
  /** The part of the period that is shared: m under `share`, what cannot be estimated under `estimate`, else 0. */
  readonly share: Fraction;
  readonly currency: string;
  readonly decimals: number;
};

/** The share of the missing hours and the true-up, as far as they are above 0. */
export function minimumLines(
  context: MinimumContext,
  counted: readonly CountedAmount[],
): RatedLine[] {
  const { contract, period, share, decimals } = context;
  const { minimum } = contract;
  if (minimum === undefined || !("amount" in minimum)) return [];
  const part = partOfCycle(period, context.prorated);
  const exact = multiplyFractions(toFraction(decimal(minimum.amount)), part);
  const whole = roundHalfAwayFromZero(exact, decimals);
  const note = isWhole(part)
    ? `${context.currency} contracted for the period`
    : `${context.currency} contracted: ${minimum.amount} × ${partInWords(period)}`;
  const steps: ComputationStep[] = [{ step: "minimum", value: formatFixed(whole, decimals), note }];
  const lines: RatedLine[] = [];
  const shared = multiplyFractions(exact, share);
  if (!isZero(roundHalfAwayFromZero(shared, decimals))) {
    lines.push(shareLine(context, steps, shared));
  }
  const kinds = countsOf(minimum);
  const known = sum(
    counted
      .filter(({ counts }) => counts !== null && kinds.includes(counts))
      .map(({ amount }) => amount),
  );
  const reached = sum([known, ...lines.map(({ amount }) => amount)]);
  const short = subtract(whole, reached);
  if (isZero(short) || isNegative(short)) return lines;
  return [...lines, trueUpLine(context, [...steps, countsStep(kinds, reached, context)], short)];
}

function countsStep(
  kinds: readonly Countable[],
  reached: Decimal,
  { decimals, share }: MinimumContext,
): ComputationStep {
  const sharePart = share.numerator === 0n ? "" : " and the share";
  return {
    step: "counts",
    value: formatFixed(reached, decimals),
    note: `counted towards it: ${kinds.join(", ")}${sharePart}`,
  };
}

function shareLine(
  context: MinimumContext,
  steps: readonly ComputationStep[],
  exact: Fraction,
): RatedLine {
  const { period, share } = context;
  return lineOf({
    id: "minimum#share",
    kind: "share",
    description: "The contracted minimum's share of the missing hours",
    period,
    timing: "arrears",
    exact,
    decimals: context.decimals,
    counts: null,
    steps: [
      ...steps,
      missingStep(share),
      { step: "exact", value: fractionText(exact), note: "minimum × missing" },
    ],
  });
}

function trueUpLine(
  context: MinimumContext,
  steps: readonly ComputationStep[],
  short: Decimal,
): RatedLine {
  return lineOf({
    id: "minimum",
    kind: "true_up",
    description: "True-up to the contracted minimum",
    period: context.period,
    timing: "arrears",
    exact: toFraction(short),
    decimals: context.decimals,
    counts: null,
    steps: [...steps, { step: "exact", value: format(short), note: "what is missing to it" }],
  });
}
