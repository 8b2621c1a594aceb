/** A line's quota: how much it is in a period, by seat, each day or at every instant; what it takes, and what rolls over. */

import type { Included, UsageLine } from "../contracts/plan.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  addFractions,
  ceilingToScale,
  fractionOf,
  isPositive,
  lesserFraction,
  multiplyFractions,
  nothing,
  sumFractions,
  toFraction,
} from "../numbers/fraction.ts";
import { grouped } from "./basis.ts";
import type { Measure } from "./conversion.ts";
import { estimatedRows } from "./estimated-rows.ts";
import { fractionText } from "./fraction-text.ts";
import { lessTaken, takeIncluded } from "./included-quota.ts";
import { shortOf } from "./line-bounds.ts";
import type { Portion } from "./portion.ts";
import { isWhole, partInWords, partOfCycle } from "./proration.ts";
import { isByTime, quotaByTimeInWords, takenByTime } from "./quota-by-time.ts";
import type { RatingContext } from "./rating-context.ts";
import { rolledOver } from "./rollover.ts";
import { seatTime, seatsInWords } from "./seats.ts";
import type { PricedUsage } from "./select-prices.ts";

export type Quota = {
  readonly included: Included;
  readonly quantity: Fraction;
  readonly note: string;
};

/** The quota of the period with what rolled over into it; null where the line has none. */
export function quotaOf(
  line: UsageLine,
  measure: Measure,
  context: {
    readonly inputs: Pick<RatingContext["inputs"], "contract" | "period" | "carried">;
    readonly terms: Pick<RatingContext["terms"], "prorate">;
  },
): Quota | null {
  if (line.included === undefined) return null;
  const included: Included =
    typeof line.included === "string" ? { quantity: line.included, per: "period" } : line.included;
  const { contract, period, carried } = context.inputs;
  const prorated = context.terms.prorate.included;
  const rolled = fractionOf(carried.rollover?.[line.id] ?? "0");
  const extra = isPositive(rolled) ? ` + ${grouped(fractionText(rolled))} rolled over` : "";
  switch (included.per) {
    case "day":
    case "instant":
      return { included, quantity: nothing, note: quotaByTimeInWords(included, measure.unit) };
    case "seat": {
      const seats = seatTime(contract, period, prorated);
      const own = rounded(multiplyFractions(fractionOf(included.quantity), seats), line, measure);
      const note = `included: ${grouped(included.quantity)} × ${seatsInWords(contract)}${extra}`;
      return { included, quantity: addFractions(own, rolled), note };
    }
    case "period": {
      const part = partOfCycle(period, prorated);
      const own = rounded(multiplyFractions(fractionOf(included.quantity), part), line, measure);
      const note = isWhole(part)
        ? `included: ${grouped(included.quantity)} a period${extra}`
        : `included: ${grouped(included.quantity)} × ${partInWords(period)}${extra}`;
      return { included, quantity: addFractions(own, rolled), note };
    }
  }
}

/** A part of a unit that is included is a whole one: rounding goes the customer's way. Converted units have no whole ones. */
function rounded(exact: Fraction, { convert }: UsageLine, measure: Measure): Fraction {
  return convert !== undefined && convert.round === undefined
    ? exact
    : toFraction(ceilingToScale(exact, measure.scale));
}

export function afterQuota(
  line: UsageLine,
  portions: readonly Portion[],
  quota: Quota | null,
  of: { readonly prices: readonly PricedUsage[]; readonly measure: Measure },
  { inputs }: RatingContext,
): readonly Portion[] {
  if (quota === null) return portions;
  const { included, quantity, note } = quota;
  if (!isByTime(included)) return takeIncluded(portions, quantity, note);
  const counted = inputs.usage.filter((row) => row.meter === line.meter);
  const estimated = estimatedRows(of.prices.flatMap(({ estimates }) => estimates));
  const byPrice = takenByTime(line, included, { counted, estimated }, of.prices.length);
  const taken = portions.map(({ kind, price, quantity: used }) => {
    const index = of.prices.findIndex((one) => one.price === price);
    const part = (kind === "estimate" ? byPrice.estimated : byPrice.counted)[index] ?? nothing;
    return lesserFraction(of.measure.convert(part), used);
  });
  return lessTaken(portions, taken, { step: "included", note });
}

export function rolloverOf(
  { rollover }: UsageLine,
  portions: readonly Portion[],
  quota: Quota | null,
): Fraction | null {
  if (rollover === undefined || quota === null) return null;
  const used = sumFractions(portions.map(({ quantity }) => quantity));
  return rolledOver(shortOf(quota.quantity, used), rollover);
}
