/** Whether what goes beyond the quota is billed: always, never, or from the hour on that the customer opted in. */

import type { UsageLine } from "../contracts/plan.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { isPositive, lesserFraction, nothing, toFraction } from "../numbers/fraction.ts";
import { decimalText } from "./fraction-text.ts";
import { lessTaken, quotaThrough } from "./included-quota.ts";
import type { Portion } from "./portion.ts";
import { isUsed } from "./portion.ts";
import { quantitiesByPrice } from "./quota-by-time.ts";
import type { RatingContext } from "./rating-context.ts";
import type { UnbilledUsage } from "./statement.ts";

export type Switched = {
  readonly portions: readonly Portion[];
  readonly unbilled: readonly UnbilledUsage[];
};

/** `portions`: after quota and packs. `known`: the ids of the line's prices in order. `covered`: what quota and packs held. */
export function switchedOverage(
  line: UsageLine,
  portions: readonly Portion[],
  given: {
    readonly known: readonly string[];
    readonly covered: Fraction;
    readonly convert: (q: Fraction) => Fraction;
  },
  context: RatingContext,
): Switched {
  switch (line.overage ?? "billed") {
    case "billed":
      return { portions, unbilled: [] };
    case "off":
      return without(
        portions,
        quantitiesOf(portions),
        "overage_off",
        "the plan stops at the quota",
      );
    case "opt_in":
      return optedIn(line, portions, given, context);
  }
}

function optedIn(
  line: UsageLine,
  portions: readonly Portion[],
  { known, covered, convert }: Parameters<typeof switchedOverage>[2],
  { inputs }: RatingContext,
): Switched {
  const { contract, period, usage } = inputs;
  const from = contract.overage?.find((one) => one.line === line.id)?.from ?? null;
  if (from !== null && from <= period.from) return { portions, unbilled: [] };
  if (from === null || from >= period.to) {
    const note = "the customer has not opted into overage";
    return without(portions, quantitiesOf(portions), "overage_not_opted_in", note);
  }
  // What was used before stays unbilled: opting in is not retroactive.
  const early = usage.filter(({ meter, window }) => meter === line.meter && window < from);
  const quantities = quantitiesByPrice(line, early, known.length).map((one) =>
    convert(toFraction(one)),
  );
  const { billable } = quotaThrough(quantities, covered);
  const taken = portions.map(({ id, quantity }) =>
    lesserFraction(billable[known.indexOf(id)] ?? nothing, quantity),
  );
  const note = `beyond quota and packs before ${from}, when overage was opted into`;
  return without(portions, taken, "overage_not_opted_in", note);
}

function quantitiesOf(portions: readonly Portion[]): Fraction[] {
  return portions.map((portion) => (isUsed(portion) ? portion.quantity : nothing));
}

function without(
  portions: readonly Portion[],
  taken: readonly Fraction[],
  reason: UnbilledUsage["reason"],
  note: string,
): Switched {
  return {
    portions: lessTaken(portions, taken, { step: "unbilled", note }),
    unbilled: portions.flatMap(({ meter, dimensions }, index) => {
      const quantity = taken[index] ?? nothing;
      return isPositive(quantity)
        ? [{ meter, dimensions, quantity: decimalText(quantity), reason, note }]
        : [];
    }),
  };
}
