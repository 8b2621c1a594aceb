/** One usage line of the plan through its stages: counted and estimated ─► quantity minimum ─► included quota ─► price ─► rounded. */

import type { PlanMeter, UsageLine } from "../contracts/plan.ts";
import { decimal, format, normalize, sum } from "../numbers/decimal.ts";
import { ceilingToScale, multiplyFractions, nothing, toFraction } from "../numbers/fraction.ts";
import { grouped } from "./basis.ts";
import { takeIncluded } from "./included-quota.ts";
import type { RatedLine } from "./line.ts";
import { lineOf, lineOfPortion } from "./line.ts";
import type { Portion } from "./portion.ts";
import { isWhole, partInWords, partOfCycle } from "./proration.ts";
import { quantityFloor, shortfallPortions } from "./quantity-minimum.ts";
import type { RatingContext } from "./rating-context.ts";
import type { PricedUsage } from "./select-prices.ts";

/** `prices`: what was selected for this line. */
export function usageLines(
  line: UsageLine,
  prices: readonly PricedUsage[],
  context: RatingContext,
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
      : [...used, ...shortfallPortions(named(line), meter, used, floor, context.missing)];
  if (portions.length === 0) return [unusedLine(line, meter, context)];
  return afterIncluded(line, meter, portions, context).map((portion) =>
    lineOfPortion(portion, period, context.currency, context.decimals),
  );
}

/** What was counted at each price, and behind it what was estimated at it. */
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
  return all.filter(({ quantity }) => quantity.coefficient !== 0n);
}

/** A line of the plan without any usage is a line of the statement with a 0: a true zero is shown, too. */
function unusedLine(line: UsageLine, meter: PlanMeter, context: RatingContext): RatedLine {
  return lineOf({
    ...named(line),
    kind: line.included === undefined ? "usage" : "overage",
    meter: meter.name,
    quantity: "0",
    unit: meter.unit,
    period: context.inputs.period,
    timing: "arrears",
    exact: nothing,
    decimals: context.decimals,
    counts: null,
    steps: [{ step: "counted", value: "0", note: `${meter.unit} counted` }],
  });
}

function afterIncluded(
  line: UsageLine,
  meter: PlanMeter,
  portions: readonly Portion[],
  { inputs, terms }: RatingContext,
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

function named(line: UsageLine): { id: string; description: string } {
  return { id: line.id, description: line.description ?? line.meter.replaceAll("_", " ") };
}
