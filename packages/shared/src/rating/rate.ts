/**
 * The order of rating, written once (billing rules, section 4):
 *
 *   select prices ─► quantity minimum ─► included quota ─► price model ─► round the line
 *     ─► amount minimum over the rounded lines ─► fees in advance
 *
 * Later stages of that order (adjustments, conversion, packs, discounts, comp, credits, tax) have their places between these.
 */

import { contractTerms } from "../contracts/contract-terms.ts";
import type { FallbackPolicy } from "../contracts/contract.ts";
import { decimalsOf } from "../numbers/currency.ts";
import { formatFixed, sum } from "../numbers/decimal.ts";
import { parseInstant } from "../time/instant.ts";
import { minimumLines } from "./amount-minimum.ts";
import { baseFee } from "./base-fee.ts";
import { basisOf } from "./basis.ts";
import { estimateUsage } from "./estimate.ts";
import type { RatedLine } from "./line.ts";
import type { MissingPart } from "./missing-hours.ts";
import { missingPart, noneMissing, unestimatedPart } from "./missing-hours.ts";
import type { RatingContext } from "./rating-context.ts";
import { selectPrices } from "./select-prices.ts";
import type { Selection } from "./select-prices.ts";
import type { PeriodOfStatement, StatementInputs } from "./statement-inputs.ts";
import type { Basis, StatementLine, UnpricedUsage } from "./statement.ts";
import { usageLines } from "./usage-line.ts";
import { totalUsage } from "./usage-totals.ts";

export type Rated = {
  readonly basis: Basis;
  /** The policy that was applied; null unless the basis is `fallback`. */
  readonly fallback: FallbackPolicy | null;
  readonly lines: readonly StatementLine[];
  /** The sum of the lines. */
  readonly total: string;
  readonly unpriced: readonly UnpricedUsage[];
};

export function rate(inputs: StatementInputs): Rated {
  const terms = contractTerms(inputs.contract);
  const basis =
    inputs.scope === "opening"
      ? "measured"
      : basisOf(inputs.hours, inputs.period.to, terms.uncountedAllowanceHours);
  const fallback = basis === "fallback" ? terms.fallback : null;
  const context: RatingContext = {
    inputs,
    terms,
    missing: missingOf(inputs, fallback),
    hasMinimum: terms.term.to === null || parseInstant(inputs.period.from) < terms.term.to,
    currency: inputs.plan.currency,
    decimals: decimalsOf(inputs.plan.currency),
  };
  const selection = selectPrices(
    inputs.plan,
    totalUsage(inputs.usage),
    fallback === "estimate" ? estimateUsage(inputs) : [],
  );
  const lines = inputs.scope === "opening" ? [] : linesOfPeriod(context, selection);
  // Fees in advance stand outside the minimum of the period that carries them.
  const all = [...lines, ...feesInAdvance(context, inputs.advance)];
  return {
    basis,
    fallback,
    lines: all.map(({ line }) => line),
    total: formatFixed(sum(all.map(({ amount }) => amount)), context.decimals),
    unpriced: selection.unpriced,
  };
}

/** m under `share`; under `estimate` only what no history can estimate; none otherwise. */
function missingOf(
  { hours, contract }: StatementInputs,
  fallback: FallbackPolicy | null,
): MissingPart {
  switch (fallback) {
    case "share":
      return missingPart(hours, contract.weights ?? {});
    case "estimate":
      return unestimatedPart(hours, contract.weights ?? {});
    case "floor":
    case null:
      return noneMissing;
  }
}

/** The plan's lines in its own order, each rounded, and behind them what lifts them to the minimum. */
function linesOfPeriod(context: RatingContext, { priced }: Selection): RatedLine[] {
  const { plan, period } = context.inputs;
  const lines = plan.lines.flatMap((line): RatedLine[] => {
    switch (line.kind) {
      case "base":
        return line.timing === "arrears" ? [baseFee(line, period, context)] : [];
      case "usage":
        return usageLines(line, priced.get(line.id) ?? [], context);
    }
  });
  if (!context.hasMinimum) return lines;
  // The period's own fees in advance were billed before it began; they count towards its minimum all the same.
  return [...lines, ...minimumLines(context, [...lines, ...feesInAdvance(context, period)])];
}

function feesInAdvance(context: RatingContext, period: PeriodOfStatement | null): RatedLine[] {
  if (period === null) return [];
  return context.inputs.plan.lines.flatMap((line) =>
    line.kind === "base" && line.timing === "advance" ? [baseFee(line, period, context)] : [],
  );
}
