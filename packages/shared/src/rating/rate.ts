/**
 * The order of rating, written once (billing rules, section 4):
 *
 *   select prices ─► quantity minimum ─► included quota ─► price model ─► round the line
 *     ─► amount minimum over the rounded lines ─► fees in advance
 *
 * Later stages of that order (adjustments, conversion, packs, discounts, comp, credits, tax) have their places between these.
 */

import { contractTerms } from "../contracts/contract-terms.ts";
import type { ContractTerms } from "../contracts/contract-terms.ts";
import type { FallbackPolicy } from "../contracts/contract.ts";
import type { PlanMeter, UsageLine } from "../contracts/plan.ts";
import { decimalsOf } from "../numbers/currency.ts";
import { add, decimal, format, formatFixed, normalize, sum, zero } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { ceilingToScale, multiplyFractions, nothing, toFraction } from "../numbers/fraction.ts";
import { parseInstant } from "../time/instant.ts";
import { minimumLines } from "./amount-minimum.ts";
import { baseFee } from "./base-fee.ts";
import { basisOf, grouped } from "./basis.ts";
import { estimateUsage } from "./estimate.ts";
import { takeIncluded } from "./included-quota.ts";
import { lineOfPortion } from "./line.ts";
import type { RatedLine } from "./line.ts";
import { missingShare, unestimatedShare } from "./missing-hours.ts";
import type { Portion } from "./portion.ts";
import { isWhole, partInWords, partOfCycle } from "./proration.ts";
import { quantityFloor, shortfallPortions } from "./quantity-minimum.ts";
import { selectPrices } from "./select-prices.ts";
import type { PricedUsage } from "./select-prices.ts";
import type { StatementInputs } from "./statement-inputs.ts";
import type { Basis, StatementLine, UnpricedUsage } from "./statement.ts";
import { totalUsage } from "./usage-totals.ts";

export type Rated = {
  readonly basis: Basis;
  readonly fallback: FallbackPolicy | null;
  readonly lines: readonly StatementLine[];
  readonly total: string;
  readonly unpriced: readonly UnpricedUsage[];
};

type Context = {
  readonly inputs: StatementInputs;
  readonly terms: ContractTerms;
  readonly fallback: FallbackPolicy | null;
  /** The part of the minimum that missing hours cost. */
  readonly share: Fraction;
  /** After the term the same prices go on without a minimum. */
  readonly hasMinimum: boolean;
  readonly currency: string;
  readonly decimals: number;
};

export function rate(inputs: StatementInputs): Rated {
  const terms = contractTerms(inputs.contract);
  const { currency } = inputs.plan;
  const decimals = decimalsOf(currency);
  if (inputs.scope === "opening") {
    const lines = feesInAdvance(inputs, terms, currency, decimals);
    return rated({ basis: "measured", fallback: null, lines, unpriced: [] }, decimals);
  }
  const basis = basisOf(inputs.hours, inputs.period.to, terms.uncountedAllowanceHours);
  const fallback = basis === "fallback" ? terms.fallback : null;
  const context: Context = {
    inputs,
    terms,
    fallback,
    share: shareOf(inputs, fallback),
    hasMinimum: terms.term.to === null || parseInstant(inputs.period.from) < terms.term.to,
    currency,
    decimals,
  };
  const selection = selectPrices(
    inputs.plan,
    totalUsage(inputs.usage),
    fallback === "estimate" ? estimateUsage(inputs) : [],
  );
  const measured = inputs.plan.lines.flatMap((line): RatedLine[] => {
    switch (line.kind) {
      case "base":
        return line.timing === "arrears"
          ? [baseFee(line, inputs.period, terms.prorate.base, currency, decimals)]
          : [];
      case "usage":
        return usageLines(line, selection.priced.get(line.id) ?? [], context);
    }
  });
  const lines = [
    ...measured,
    ...trueUps(measured, context),
    // Fees in advance stand outside the minimum of the period that carries them.
    ...feesInAdvance(inputs, terms, currency, decimals),
  ];
  return rated({ basis, fallback, lines, unpriced: selection.unpriced }, decimals);
}

/** m under `share`; under `estimate` only what no history can estimate; 0 otherwise. */
function shareOf({ hours, contract }: StatementInputs, fallback: FallbackPolicy | null): Fraction {
  switch (fallback) {
    case "share":
      return missingShare(hours, contract.weights ?? {});
    case "estimate":
      return unestimatedShare(hours, contract.weights ?? {});
    case "floor":
    case null:
      return nothing;
  }
}

/** One line of the plan through the stages that belong to it. */
function usageLines(
  line: UsageLine,
  prices: readonly PricedUsage[],
  context: Context,
): RatedLine[] {
  const { plan, contract, period } = context.inputs;
  const meter = plan.meters.find(({ name }) => name === line.meter);
  if (meter === undefined) return [];
  const floor = context.hasMinimum
    ? quantityFloor(contract, meter, period, context.terms.prorate.minimum)
    : null;
  const used = portionsOf(line, meter, prices);
  const portions =
    floor === null
      ? used
      : [...used, ...shortfallPortions(named(line), meter, used, floor, context.share)];
  return afterIncluded(line, meter, portions, context).map((portion) =>
    lineOfPortion(portion, period, context.currency, context.decimals),
  );
}

/** What was counted at each price, and behind it what was estimated at it. A line without any usage says so with a 0. */
function portionsOf(line: UsageLine, meter: PlanMeter, prices: readonly PricedUsage[]): Portion[] {
  const kind: "usage" | "overage" = line.included === undefined ? "usage" : "overage";
  const all = prices.flatMap((price): Portion[] => {
    const of = {
      meter: meter.name,
      unit: meter.unit,
      dimensions: price.dimensions,
      unitPrice: price.unitPrice,
      counts: kind,
    };
    const known: Portion = {
      ...of,
      id: price.id,
      kind,
      description: price.description,
      quantity: normalize(price.known),
      steps: [{ step: "counted", value: format(price.known), note: `${meter.unit} counted` }],
    };
    const estimated = sum(price.estimates.map(({ quantity }) => quantity));
    const estimate: Portion = {
      ...of,
      id: `${price.id}#estimate`,
      kind: "estimate",
      description: `${price.description}: estimate for the missing hours`,
      quantity: normalize(estimated),
      steps: price.estimates.map((one) => ({
        step: "estimated",
        value: format(one.quantity),
        note: `${grouped(one.known)} in ${grouped(one.countedHours)} counted hours × ${grouped(one.missingHours)} missing hours, ${one.installation}, journal ${one.journal.slice(0, 8)}`,
      })),
    };
    return [known, estimate];
  });
  const shown = all.filter(({ quantity }) => quantity.coefficient !== 0n);
  return shown.length > 0 ? shown : all.slice(-2, -1);
}

function afterIncluded(
  line: UsageLine,
  meter: PlanMeter,
  portions: readonly Portion[],
  { inputs, terms }: Context,
): readonly Portion[] {
  if (line.included === undefined) return portions;
  const part = partOfCycle(inputs.period, terms.prorate.included);
  const exact = multiplyFractions(toFraction(decimal(line.included)), part);
  const note = isWhole(part)
    ? `included: ${grouped(line.included)} a period`
    : `included: ${grouped(line.included)} × ${partInWords(inputs.period)}`;
  // A part of a unit that is included is a whole one: rounding goes the customer's way.
  return takeIncluded(portions, ceilingToScale(exact, meter.scale), note);
}

function trueUps(measured: readonly RatedLine[], context: Context): RatedLine[] {
  if (!context.hasMinimum) return [];
  const { inputs, terms, share, currency, decimals } = context;
  const { contract, period } = inputs;
  const counted = [...measured, ...billedInAdvance(context)];
  const prorated = terms.prorate.minimum;
  return minimumLines({ contract, period, prorated, share, currency, decimals }, counted);
}

/** The fees of this period that an earlier statement billed: they count towards its minimum all the same. */
function billedInAdvance({ inputs, terms, currency, decimals }: Context): RatedLine[] {
  return inputs.plan.lines.flatMap((line) => {
    if (line.kind !== "base" || line.timing !== "advance") return [];
    return [baseFee(line, inputs.period, terms.prorate.base, currency, decimals)];
  });
}

function feesInAdvance(
  { plan, advance }: StatementInputs,
  terms: ContractTerms,
  currency: string,
  decimals: number,
): RatedLine[] {
  if (advance === null) return [];
  return plan.lines.flatMap((line) =>
    line.kind === "base" && line.timing === "advance"
      ? [baseFee(line, advance, terms.prorate.base, currency, decimals)]
      : [],
  );
}

function rated(
  found: Omit<Rated, "lines" | "total"> & { readonly lines: readonly RatedLine[] },
  decimals: number,
): Rated {
  const total = found.lines.reduce((all: Decimal, { amount }) => add(all, amount), zero);
  return {
    basis: found.basis,
    fallback: found.fallback,
    lines: found.lines.map(({ line }) => line),
    total: formatFixed(total, decimals),
    unpriced: found.unpriced,
  };
}

function named(line: UsageLine): { id: string; description: string } {
  return { id: line.id, description: line.description ?? line.meter.replaceAll("_", " ") };
}
