/** The events of a percentage: what its second meter counted, and what of it is estimated, beside amounts of any price. */

import type { UsageLine } from "../contracts/plan.ts";
import { add, format, sum, zero } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { isPositive, nothing, toFraction } from "../numbers/fraction.ts";
import type { EstimatedUsage } from "./estimate.ts";
import type { Portion, PriceOfUsage } from "./portion.ts";
import { isUsed } from "./portion.ts";
import type { UsageTotal } from "./usage-totals.ts";

export type EventsOfLine = {
  readonly counted: Decimal;
  readonly estimates: readonly EstimatedUsage[];
};

export const noEvents: EventsOfLine = { counted: zero, estimates: [] };

/** The meter that counts the events of a percentage; none for other prices. */
export function eventMeterOf({ price }: Pick<UsageLine, "price">): string | null {
  return price?.model === "percentage" ? (price.event?.meter ?? null) : null;
}

export function eventsOf(
  line: UsageLine,
  usage: readonly UsageTotal[],
  estimates: readonly EstimatedUsage[],
): EventsOfLine {
  const meter = eventMeterOf(line);
  if (meter === null) return noEvents;
  const counted = usage
    .filter((total) => total.meter === meter)
    .map(({ quantity }) => quantity)
    .reduce(add, zero);
  return { counted, estimates: estimates.filter((one) => one.meter === meter) };
}

/** How many of the events belong to a portion of this price: what was counted to what was counted, estimates to estimates. */
export function eventsAt({ kind, price }: Portion, events: EventsOfLine): Fraction {
  if (price.kind !== "model" || price.model.model !== "percentage") return nothing;
  return toFraction(kind === "estimate" ? estimatedIn(events) : events.counted);
}

/**
 * The line's portions with one of nothing for events that have no amount beside them: every amount may have had a price of
 * its own dimension, or there was none. `empty`: a portion of the line's own price.
 */
export function withPortionsOfEvents(
  portions: readonly Portion[],
  events: EventsOfLine,
  empty: Portion | null,
): readonly Portion[] {
  const estimated = toFraction(estimatedIn(events));
  if (empty === null) return portions;
  if (!isPositive(toFraction(events.counted)) && !isPositive(estimated)) return portions;
  const own = portions.filter((one) => isAt(empty.price, one));
  const counted = own.filter(({ kind }) => kind !== "estimate");
  const estimate = own.find(({ kind }) => kind === "estimate") ?? {
    ...empty,
    id: `${empty.id}#estimate`,
    kind: "estimate" as const,
    description: `${empty.description}: estimate for the missing hours`,
    steps: [],
  };
  const steps = events.estimates.map(({ meter, quantity, note }) => ({
    step: "estimated" as const,
    value: format(quantity),
    note: `${meter.replaceAll("_", " ")}: ${note}`,
  }));
  const lifted = portions.findIndex((one) => !isUsed(one));
  const at = lifted === -1 ? portions.length : lifted;
  return [
    ...portions.slice(0, at).filter((one) => !isAt(empty.price, one)),
    ...(counted.length === 0 ? [empty] : counted),
    ...(isPositive(estimated) || isPositive(estimate.quantity)
      ? [{ ...estimate, steps: [...estimate.steps, ...steps] }]
      : []),
    ...portions.slice(at),
  ];
}

function isAt(price: PriceOfUsage, portion: Portion): boolean {
  return isUsed(portion) && portion.price === price;
}

function estimatedIn({ estimates }: EventsOfLine): Decimal {
  return sum(estimates.map(({ quantity }) => quantity));
}
