/**
 * One usage line of the plan through its stages (billing rules, section 4):
 *
 *   counted and estimated ─► unit conversion ─► quantity minimum ─► included quota ─► packs ─► overage switch
 *     ─► price model ─► line discount ─► line minimum and maximum ─► rounded
 */

import type { PlanMeter, UsageLine } from "../contracts/plan.ts";
import { format, isZero, normalize, subtract, sum } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  fractionOf,
  isPositive,
  multiplyFractions,
  nothing,
  sumFractions,
  toFraction,
} from "../numbers/fraction.ts";
import { grouped } from "./basis.ts";
import type { Measure } from "./conversion.ts";
import { convertedPortion, measureOf } from "./conversion.ts";
import type { EventsOfLine } from "./events-of-line.ts";
import { withPortionsOfEvents } from "./events-of-line.ts";
import { fractionText } from "./fraction-text.ts";
import type { RatedLine } from "./line.ts";
import { lineOf } from "./line.ts";
import { afterQuota, quotaOf, rolloverOf } from "./line-quota.ts";
import { shortOf } from "./line-bounds.ts";
import { switchedOverage } from "./overage-switch.ts";
import type { Lot } from "./packs.ts";
import { lotsOf, packLines, purchasesIn, takePacks } from "./packs.ts";
import { pricedLines } from "./portion-line.ts";
import type { Portion } from "./portion.ts";
import { costOf } from "./prices/cost-of.ts";
import { quantityFloor, shortfallPortions } from "./quantity-minimum.ts";
import type { RatingContext } from "./rating-context.ts";
import type { PricedUsage } from "./select-prices.ts";
import type { ComputationStep, UnbilledUsage } from "./statement.ts";
import { afterTrial, partOfMinimum } from "./trial.ts";

export type RatedUsage = {
  readonly lines: readonly RatedLine[];
  readonly unbilled: readonly UnbilledUsage[];
  /** Packs of the line that are not used up. */
  readonly lots: readonly Lot[];
  /** What goes into the next period; null where the quota does not roll over. */
  readonly rollover: Fraction | null;
  readonly credits: Fraction;
};

/** `prices`: what was selected for this line. `events`: of the second meter of a percentage. */
export function rateUsageLine(
  line: UsageLine,
  { prices, events }: { readonly prices: readonly PricedUsage[]; readonly events: EventsOfLine },
  context: RatingContext,
): RatedUsage {
  const { plan, contract, period, carried } = context.inputs;
  const meter = plan.meters.find(({ name }) => name === line.meter);
  if (meter === undefined) {
    return { lines: [], unbilled: [], lots: [], rollover: null, credits: nothing };
  }
  const measure = measureOf(line, meter, period);
  const portions = demanded(line, meter, measure, prices, context);
  const quota = quotaOf(line, measure, context);
  const within = afterQuota(line, portions, quota, { prices, measure }, context);
  const purchases = purchasesIn(line, contract, period);
  const lots = lotsOf(line, carried, purchases);
  const packed = takePacks(within, lots);
  const switched = switchedOverage(
    line,
    packed.portions,
    {
      known: prices.map(({ id }) => id),
      quota,
      covered: sumFractions([quota?.quantity ?? nothing, ...lots.map(({ left }) => left)]),
      convert: measure.convert,
    },
    context,
  );
  const due = withPortionsOfEvents(switched.portions, events, emptyPortion(line, measure, prices));
  const { lines, credits } =
    due.length === 0
      ? { lines: [unusedLine(line, prices, measure, context)], credits: nothing }
      : pricedLines(line, due, events, context);
  return {
    lines: [...lines, ...minimumLine(line, lines, context), ...packLines(line, purchases, context)],
    unbilled: switched.unbilled,
    lots: packed.lots,
    rollover: rolloverOf(line, portions, quota),
    credits,
  };
}

/** What was counted and estimated, in the unit that is priced, lifted to the contract's quantity minimum. */
function demanded(
  line: UsageLine,
  meter: PlanMeter,
  measure: Measure,
  prices: readonly PricedUsage[],
  context: RatingContext,
): readonly Portion[] {
  const { contract, period } = context.inputs;
  const used = portionsOf(line, meter, prices).map((one) => convertedPortion(one, measure));
  const floor = context.hasMinimum
    ? quantityFloor(contract, measure, period, context.terms.prorate.minimum)
    : null;
  if (floor === null) return used;
  return [...used, ...shortfallPortions(named(line), measure, used, floor, context.missing)];
}

/** What was counted at each price, and behind it what was estimated at it. */
function portionsOf(line: UsageLine, meter: PlanMeter, prices: readonly PricedUsage[]): Portion[] {
  const kind = kindOf(line);
  const all = prices.flatMap((price): Portion[] => {
    const of = {
      meter: meter.name,
      unit: meter.unit,
      dimensions: price.dimensions,
      price: price.price,
      counts: kind,
    };
    const known: Portion = {
      ...of,
      id: price.id,
      kind,
      description: price.description,
      quantity: toFraction(normalize(price.known)),
      steps: countedSteps(price, meter.unit),
    };
    const estimated = sum(price.estimates.map(({ quantity }) => quantity));
    const estimate: Portion = {
      ...of,
      // A statement has one kind of them only: what is held is forgiven, what is estimated is a fallback.
      id: `${price.id}#${price.estimates[0]?.how ?? "estimate"}`,
      kind: "estimate",
      description: `${price.description}: ${estimatedInWords[price.estimates[0]?.how ?? "estimate"]}`,
      quantity: toFraction(estimated),
      steps: price.estimates.map(({ how, quantity, note }) => ({
        step: how === "held" ? "held" : "estimated",
        value: format(quantity),
        note,
      })),
    };
    return [known, estimate];
  });
  return all.filter(({ quantity }) => quantity.numerator !== 0n);
}

const estimatedInWords = {
  estimate: "estimate for the missing hours",
  held: "held while the agent was down",
} as const;

/** What the agents counted, and behind it each adjustment of it, by its id and reason. */
function countedSteps({ known, adjusted }: PricedUsage, unit: string): ComputationStep[] {
  const changed = sum(adjusted.map(({ quantity }) => quantity));
  const byId = Map.groupBy(adjusted, ({ id }) => id);
  return [
    { step: "counted", value: format(subtract(known, changed)), note: `${unit} counted` },
    ...[...byId.values()].map((parts): ComputationStep => {
      const [{ id, reason } = { id: "", reason: "" }] = parts;
      const value = format(sum(parts.map(({ quantity }) => quantity)));
      return { step: "adjusted", value, note: `${id}: ${reason}` };
    }),
  ];
}

/** Of nothing, at the line's own price; null where it has none. */
function emptyPortion(
  line: UsageLine,
  measure: Measure,
  prices: readonly PricedUsage[],
): Portion | null {
  const own = prices.find(({ dimensions }) => dimensions === null);
  if (own === undefined) return null;
  return {
    ...named(line),
    kind: kindOf(line),
    counts: kindOf(line),
    meter: line.meter,
    unit: measure.unit,
    dimensions: null,
    price: own.price,
    quantity: nothing,
    steps: [{ step: "counted", value: "0", note: `${measure.unit} counted` }],
  };
}

/** A line of the plan without any usage is a line of the statement with a 0: a true zero is shown, too. */
function unusedLine(
  line: UsageLine,
  prices: readonly PricedUsage[],
  measure: Measure,
  context: RatingContext,
): RatedLine {
  // Perhaps something was counted and adjustments took all of it off.
  const emptied = prices.filter(({ known, adjusted }) => adjusted.length > 0 && isZero(known));
  const counted: readonly ComputationStep[] =
    emptied.length === 0
      ? [{ step: "counted", value: "0", note: `${measure.unit} counted` }]
      : emptied.flatMap((price) => countedSteps(price, measure.unit));
  const { contract, period } = context.inputs;
  // What costs something even where nothing is used costs nothing in a trial.
  const flat =
    line.price === undefined || afterTrial(period, contract, "usage") === null
      ? { exact: nothing, steps: [] }
      : costOf(line.price, nothing);
  return lineOf({
    ...named(line),
    kind: kindOf(line),
    meter: line.meter,
    quantity: "0",
    unit: measure.unit,
    period,
    timing: "arrears",
    exact: flat.exact,
    decimals: context.decimals,
    counts: isPositive(flat.exact) ? kindOf(line) : null,
    steps: [...counted, ...flat.steps],
    ...(line.group === undefined ? {} : { group: line.group }),
  });
}

/** What lifts the line to its least, measured on its rounded lines. */
function minimumLine(
  line: UsageLine,
  lines: readonly RatedLine[],
  context: RatingContext,
): RatedLine[] {
  if (line.minimum === undefined) return [];
  const { contract, period } = context.inputs;
  const part = partOfMinimum(period, contract, context.terms.prorate.minimum);
  const least = multiplyFractions(fractionOf(line.minimum), part.fraction);
  const reached = sumFractions(lines.map(({ amount }) => toFraction(amount)));
  const short = shortOf(least, reached);
  if (!isPositive(short)) return [];
  const note =
    part.text === null
      ? `${context.currency} at least for the line`
      : `${context.currency} at least: ${grouped(line.minimum)} × ${part.text}`;
  const { id, description } = named(line);
  return [
    lineOf({
      id: `${id}#minimum`,
      kind: "minimum",
      description: `${description}: up to the least of the line`,
      period,
      timing: "arrears",
      exact: short,
      decimals: context.decimals,
      counts: kindOf(line),
      steps: [
        { step: "minimum", value: fractionText(least), note },
        { step: "counts", value: fractionText(reached), note: "the line comes to" },
        { step: "exact", value: fractionText(short), note: "what is missing to it" },
      ],
      ...(line.group === undefined ? {} : { group: line.group }),
    }),
  ];
}

function kindOf(line: UsageLine): "usage" | "overage" {
  return line.included === undefined ? "usage" : "overage";
}

function named(line: UsageLine): { id: string; description: string } {
  return { id: line.id, description: line.description ?? line.meter.replaceAll("_", " ") };
}
