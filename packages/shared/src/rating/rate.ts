/**
 * The order of rating, written once (billing rules, section 4):
 *
 *   select what is billable ─► usage adjustments ─► its price ─► the stages of each line (usage-line.ts), rounded ─► invoice discounts
 *     ─► amount minimum and commitment over the rounded lines ─► fees in advance ─► comp
 *
 * Corrections of earlier periods, credits and taxes come after it, on the invoice.
 */

import { contractTerms, inForce } from "../contracts/contract-terms.ts";
import type { FallbackPolicy } from "../contracts/contract.ts";
import { resolvePlan } from "../contracts/resolve-plan.ts";
import { decimalsOf } from "../numbers/currency.ts";
import { formatFixed, sum } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { parseInstant } from "../time/instant.ts";
import { commitmentDraw, minimumLines } from "./amount-minimum.ts";
import { baseFee } from "./base-fee.ts";
import { basisOf } from "./basis.ts";
import { billableUsage } from "./billable-usage.ts";
import type { Carry } from "./carry.ts";
import { commitmentLines } from "./commitment.ts";
import { compLine } from "./comp.ts";
import { discountLines } from "./discounts.ts";
import { heldAcrossGaps } from "./across-gap.ts";
import { estimateUsage } from "./estimate.ts";
import type { EstimatedUsage } from "./estimate.ts";
import { lastKnownValues } from "./last-known.ts";
import type { RatedLine } from "./line.ts";
import type { MissingPart } from "./missing-hours.ts";
import { missingPart, noneMissing, unestimatedPart } from "./missing-hours.ts";
import type { RatingContext } from "./rating-context.ts";
import type { LinesOfPeriod } from "./lines-of-period.ts";
import { linesOfPeriod, noLines } from "./lines-of-period.ts";
import { selectPrices } from "./select-prices.ts";
import type { PeriodOfStatement, StatementInputs } from "./statement-inputs.ts";
import type { Basis, StatementLine, UnbilledUsage, UnpricedUsage } from "./statement.ts";
import { adjustedUsage } from "./usage-adjustments.ts";
import { usageTotals } from "./usage-totals.ts";

export type Rated = {
  readonly basis: Basis;
  /** The policy that was applied; null unless the basis is `fallback`. */
  readonly fallback: FallbackPolicy | null;
  readonly lines: readonly StatementLine[];
  /** The sum of the lines. */
  readonly total: string;
  /** Their sum without a comp; null where nothing is comped. */
  readonly shadowTotal: string | null;
  /** Null where the plan does not price in credits. */
  readonly creditsUsed: Fraction | null;
  readonly unbilled: readonly UnbilledUsage[];
  readonly carry: Carry | null;
  readonly unpriced: readonly UnpricedUsage[];
};

export function rate(given: StatementInputs): Rated {
  const contract = inForce(given.contract, parseInstant(given.period.from));
  const plan = resolvePlan(given.plan, contract);
  const { rows, unbilled, parts } = adjustedUsage(given, (usage) =>
    billableUsage(plan, contract, usage),
  );
  const inputs = { ...given, plan, contract, usage: rows };
  const context = contextOf(inputs);
  const selection = selectPrices(
    plan,
    usageTotals(inputs.usage, plan, inputs.period),
    estimatedUsage(context),
    parts,
  );
  const period = inputs.scope === "opening" ? noLines : linesOfPeriod(context, selection);
  const { lines, committed } = closedLines(context, period);
  // Fees in advance stand outside the minimum of the period that carries them; a comp takes them away, too.
  const due = [...lines, ...feesInAdvance(context, inputs.advance)];
  const shadow = sum(due.map(({ amount }) => amount));
  const all = [...due, ...compLine(context, shadow)];
  return {
    basis: context.basis,
    fallback: context.fallback,
    lines: all.map(({ line }) => line),
    total: formatFixed(sum(all.map(({ amount }) => amount)), context.decimals),
    shadowTotal: inputs.contract.comp === undefined ? null : formatFixed(shadow, context.decimals),
    creditsUsed: plan.credits === undefined ? null : period.credits,
    unbilled: [...unbilled, ...period.unbilled],
    carry: carryOf(period.carry, committed),
    unpriced: selection.unpriced,
  };
}

/** What nobody counted and is billed all the same: estimated under that policy, held where the contract holds a gauge. */
function estimatedUsage({ inputs, basis, fallback }: RatingOf): EstimatedUsage[] {
  if (fallback === "estimate") return [...estimateUsage(inputs), ...lastKnownValues(inputs)];
  return basis === "measured_with_gaps" ? heldAcrossGaps(inputs) : [];
}

type RatingOf = RatingContext & {
  readonly basis: Basis;
};

function contextOf(inputs: StatementInputs): RatingOf {
  const terms = contractTerms(inputs.contract);
  const basis =
    inputs.scope === "opening"
      ? "measured"
      : basisOf(inputs.hours, inputs.period.to, terms.uncountedAllowanceHours);
  const fallback = basis === "fallback" ? terms.fallback : null;
  return {
    inputs,
    terms,
    basis,
    fallback,
    missing: missingOf(inputs, fallback),
    hasMinimum: terms.term.to === null || parseInstant(inputs.period.from) < terms.term.to,
    currency: inputs.plan.currency,
    decimals: decimalsOf(inputs.plan.currency),
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

/** Behind the period's own lines what is taken off them, and what lifts them to what was contracted. */
function closedLines(
  context: RatingContext,
  { lines }: LinesOfPeriod,
): { readonly lines: readonly RatedLine[]; readonly committed: string | null } {
  const { inputs } = context;
  const discounts = discountLines(context, [...lines, ...feesInAdvance(context, inputs.advance)]);
  if (inputs.scope === "opening") return { lines: discounts, committed: null };
  // The period's own fees in advance were billed before it began; they count towards its minimum all the same.
  const counted = [...lines, ...feesInAdvance(context, inputs.period)];
  const minimum = context.hasMinimum
    ? minimumLines(context, counted, discountLines(context, counted))
    : [];
  const drawn = commitmentDraw(context, counted);
  const commitment = commitmentLines(context, counted, drawn);
  return {
    lines: [...lines, ...discounts, ...minimum, ...drawn, ...commitment.lines],
    committed: commitment.committed,
  };
}

function feesInAdvance(context: RatingContext, period: PeriodOfStatement | null): RatedLine[] {
  if (period === null) return [];
  return context.inputs.plan.lines.flatMap((line) => {
    const fee =
      line.kind === "base" && line.timing === "advance" ? baseFee(line, period, context) : null;
    return fee === null ? [] : [fee];
  });
}

/** Null where nothing is handed on, so that plans without any carried state say nothing of it. */
function carryOf(carry: Carry, committed: string | null): Carry | null {
  const all = committed === null ? carry : { ...carry, committed };
  return Object.keys(all).length === 0 ? null : all;
}
