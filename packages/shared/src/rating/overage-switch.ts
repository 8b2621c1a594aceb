/** Whether what goes beyond the quota is billed: always, never, or from the hour on that the customer opted in. */

import type { UsageLine } from "../contracts/plan.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  isPositive,
  lesserFraction,
  nothing,
  subtractFractions,
  toFraction,
} from "../numbers/fraction.ts";
import { decimalText } from "./fraction-text.ts";
import { lessTaken, quotaThrough } from "./included-quota.ts";
import type { Quota } from "./line-quota.ts";
import type { Portion } from "./portion.ts";
import { isUsed } from "./portion.ts";
import { isByTime, quantitiesByPrice, takenByTime } from "./quota-by-time.ts";
import type { RatingContext } from "./rating-context.ts";
import type { StatementInputs, UsageRow } from "./statement-inputs.ts";
import type { UnbilledUsage } from "./statement.ts";
import { usageTotals } from "./usage-totals.ts";

export type Switched = {
  readonly portions: readonly Portion[];
  readonly unbilled: readonly UnbilledUsage[];
};

/**
 * `portions`: after quota and packs. `known`: the ids of the line's prices in order. `covered`: what quota and packs held;
 * nothing of a quota by day or instant, which each day or instant has anew.
 */
export function switchedOverage(
  line: UsageLine,
  portions: readonly Portion[],
  given: {
    readonly known: readonly string[];
    readonly quota: Quota | null;
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
  given: Parameters<typeof switchedOverage>[2],
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
  const billable = beyondQuota(line, early, given, inputs);
  const { known } = given;
  const taken = portions.map(({ id, quantity }) =>
    lesserFraction(billable[known.indexOf(id)] ?? nothing, quantity),
  );
  const note = `beyond quota and packs before ${from}, when overage was opted into`;
  return without(portions, taken, "overage_not_opted_in", note);
}

/** What of the rows goes beyond quota and packs, at each price of the line. */
function beyondQuota(
  line: UsageLine,
  rows: readonly UsageRow[],
  { known, quota, covered, convert }: Parameters<typeof switchedOverage>[2],
  inputs: Pick<StatementInputs, "plan" | "period">,
): readonly Fraction[] {
  if (quota !== null && isByTime(quota.included)) {
    const quantities = quantitiesByPrice(line, rows, known.length).map(toFraction);
    const of = { counted: rows, estimated: [] };
    const { counted } = takenByTime(line, quota.included, of, known.length);
    return quantities.map((one, index) =>
      convert(subtractFractions(one, counted[index] ?? nothing)),
    );
  }
  // Of a greatest value the figure of the rows, as of the whole period.
  const totals = usageTotals(rows, inputs.plan, inputs.period);
  const quantities = quantitiesByPrice(line, totals, known.length).map(toFraction);
  return quotaThrough(quantities.map(convert), covered).billable;
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
