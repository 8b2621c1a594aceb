/** Which price each piece of usage has: the first whose dimensions all match, else the line's own, else none. */

import { matches } from "../contracts/matches.ts";
import type { PlanDocument, UsageLine } from "../contracts/plan.ts";
import { add, decimal, format, zero } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import type { EstimatedUsage } from "./estimate.ts";
import type { EventsOfLine } from "./events-of-line.ts";
import { eventMeterOf, eventsOf } from "./events-of-line.ts";
import type { PriceOfUsage } from "./portion.ts";
import type { UnpricedUsage } from "./statement.ts";
import type { AdjustedPart } from "./usage-adjustments.ts";
import type { UsageTotal } from "./usage-totals.ts";

/** One price of a line, with what is to be billed at it. */
export type PricedUsage = {
  /** The plan line's id, with the price's dimensions when it has some. */
  readonly id: string;
  readonly description: string;
  /** Null for the price of all the rest. */
  readonly dimensions: Dimensions | null;
  readonly price: PriceOfUsage;
  /** What was counted, as it was adjusted. */
  readonly known: Decimal;
  /** What adjustments changed of it. */
  readonly adjusted: readonly AdjustedPart[];
  readonly estimates: readonly EstimatedUsage[];
};

export type Selection = {
  /** By the plan line's id, in the declared order of its prices. */
  readonly priced: ReadonlyMap<string, readonly PricedUsage[]>;
  /** By the plan line's id: of those that price events, too. */
  readonly events: ReadonlyMap<string, EventsOfLine>;
  readonly unpriced: readonly UnpricedUsage[];
};

export function selectPrices(
  plan: PlanDocument,
  usage: readonly UsageTotal[],
  estimates: readonly EstimatedUsage[],
  adjusted: readonly AdjustedPart[],
): Selection {
  const lines = plan.lines.filter((line) => line.kind === "usage");
  const priced = new Map(
    lines.map((line) => [line.id, pricesOf(line, usage, estimates, adjusted)]),
  );
  const events = new Map(lines.map((line) => [line.id, eventsOf(line, usage, estimates)]));
  return { priced, events, unpriced: usage.flatMap((total) => unpricedOf(plan, lines, total)) };
}

function pricesOf(
  line: UsageLine,
  usage: readonly UsageTotal[],
  estimates: readonly EstimatedUsage[],
  adjusted: readonly AdjustedPart[],
): PricedUsage[] {
  const prices = line.prices ?? [];
  const known = byPrice(line, usage);
  const estimated = byPrice(line, estimates);
  const changed = byPrice(line, adjusted);
  const description = line.description ?? inWords(line.meter);
  const found = prices.map((price, index) => ({
    id: `${line.id}/${labelOf(price.dimensions)}`,
    description: price.description ?? `${description}, ${inWords(labelOf(price.dimensions))}`,
    dimensions: price.dimensions,
    price: priceOf(price),
    known: sumOf(known.get(index) ?? []),
    adjusted: changed.get(index) ?? [],
    estimates: estimated.get(index) ?? [],
  }));
  if (!hasDefault(line)) return found;
  return [
    ...found,
    {
      id: line.id,
      description: prices.length === 0 ? description : `${description}, other`,
      dimensions: null,
      price: priceOf(line),
      known: sumOf(known.get(prices.length) ?? []),
      adjusted: changed.get(prices.length) ?? [],
      estimates: estimated.get(prices.length) ?? [],
    },
  ];
}

function byPrice<Usage extends { readonly meter: string; readonly dimensions: Dimensions }>(
  line: UsageLine,
  usage: readonly Usage[],
): Map<number, Usage[]> {
  const found = new Map<number, Usage[]>();
  for (const one of usage) {
    if (one.meter !== line.meter) continue;
    const index = indexOfPrice(line, one.dimensions);
    const same = found.get(index);
    if (same === undefined) found.set(index, [one]);
    else same.push(one);
  }
  return found;
}

/** The index of the price; the number of prices for the line's own; −1 when there is none. */
export function indexOfPrice(line: UsageLine, dimensions: Dimensions): number {
  const prices = line.prices ?? [];
  const index = prices.findIndex((price) => matches(price.dimensions, dimensions));
  if (index !== -1) return index;
  return hasDefault(line) ? prices.length : -1;
}

function hasDefault(line: UsageLine): boolean {
  return line.unit_price !== undefined || line.price !== undefined;
}

function priceOf({ unit_price, price }: Pick<UsageLine, "unit_price" | "price">): PriceOfUsage {
  return price === undefined
    ? { kind: "unit", unitPrice: decimal(unit_price ?? "0") }
    : { kind: "model", model: price };
}

function unpricedOf(
  plan: PlanDocument,
  lines: readonly UsageLine[],
  total: UsageTotal,
): UnpricedUsage[] {
  const { meter, dimensions } = total;
  const declared = plan.meters.find(({ name }) => name === meter);
  if (declared?.billed === false) return [];
  if (lines.some((one) => eventMeterOf(one) === meter)) return [];
  const line = lines.find((one) => one.meter === meter);
  if (line !== undefined && indexOfPrice(line, dimensions) !== -1) return [];
  return [
    {
      meter,
      dimensions,
      quantity: format(total.quantity),
      reason: line === undefined ? "meter_not_in_plan" : "no_price_matches",
    },
  ];
}

/** `model=a,direction=input`, unambiguous: `%`, `,` and `=` in a value are written as in a URL. */
function labelOf(dimensions: Dimensions): string {
  return Object.entries(dimensions)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value.replaceAll(/[%,=]/g, encodeURIComponent)}`)
    .join(",");
}

function inWords(text: string): string {
  return text.replaceAll("_", " ").replaceAll("=", " ").replaceAll(",", ", ");
}

function sumOf(totals: readonly { readonly quantity: Decimal }[]): Decimal {
  return totals.reduce((sum, { quantity }) => add(sum, quantity), zero);
}
