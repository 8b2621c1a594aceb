/** Priced portions as lines of the statement: price model ─► line discount ─► line maximum ─► exchange of credits ─► rounded once. */

import { isContracted } from "../contracts/contracted-prices.ts";
import type { UsageLine } from "../contracts/plan.ts";
import { decimal, format } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  addFractions,
  divideFractions,
  fractionOf,
  isPositive,
  multiplyFractions,
  nothing,
  one,
  subtractFractions,
  toFraction,
} from "../numbers/fraction.ts";
import { grouped } from "./basis.ts";
import type { EventsOfLine } from "./events-of-line.ts";
import { eventsAt } from "./events-of-line.ts";
import { decimalText, exactDecimal, fractionText } from "./fraction-text.ts";
import type { RatedLine } from "./line.ts";
import { lineOf } from "./line.ts";
import { cappedInOrder, discounted } from "./line-bounds.ts";
import type { Portion, PriceOfUsage } from "./portion.ts";
import { isUsed } from "./portion.ts";
import { costOf, costOfMore } from "./prices/cost-of.ts";
import type { Cost } from "./prices/cost.ts";
import { perUnit } from "./prices/per-unit.ts";
import type { RatingContext } from "./rating-context.ts";

type Priced = { readonly portion: Portion; readonly cost: Cost };

export type PricedLines = {
  readonly lines: readonly RatedLine[];
  /** In credits, before any exchange; 0 for a line in money. */
  readonly credits: Fraction;
};

/** `events`: of the second meter of a percentage. */
export function pricedLines(
  line: UsageLine,
  portions: readonly Portion[],
  events: EventsOfLine,
  context: RatingContext,
): PricedLines {
  const priced = capped(line, discountedAll(line, costs(line, portions, events, context)), context);
  const inCredits = line.in === "credits";
  const credits = inCredits
    ? priced.reduce((sum, { cost }) => addFractions(sum, cost.exact), nothing)
    : nothing;
  const money = inCredits ? priced.map((one) => exchanged(one, context)) : priced;
  return { lines: money.map((one) => rounded(line, one, context)), credits };
}

/** Of one price, what was counted stands in the lower tiers and what was estimated behind it. */
function costs(
  line: UsageLine,
  portions: readonly Portion[],
  events: EventsOfLine,
  context: RatingContext,
): Priced[] {
  const per = line.per === undefined ? one : fractionOf(line.per);
  const before = new Map<PriceOfUsage, { quantity: Fraction; events: Fraction }>();
  return portions.map((portion) => {
    const { price, quantity } = portion;
    if (price.kind === "unit") {
      return { portion, cost: unitCost(portion, price.unitPrice, line, per, context) };
    }
    const own = { quantity, events: eventsAt(portion, events) };
    const already = before.get(price);
    if (already === undefined) {
      before.set(price, own);
      return { portion, cost: withExact(costOf(price.model, quantity, per, own.events)) };
    }
    before.set(price, {
      quantity: addFractions(already.quantity, quantity),
      events: addFractions(already.events, own.events),
    });
    const exact = costOfMore(price.model, already.quantity, quantity, per, {
      before: already.events,
      more: own.events,
    });
    const note = `on top of ${grouped(decimalText(already.quantity))} at the same price`;
    return {
      portion,
      cost: { exact, steps: [{ step: "exact", value: fractionText(exact), note }] },
    };
  });
}

function unitCost(
  portion: Portion,
  unitPrice: { readonly coefficient: bigint; readonly scale: number },
  line: UsageLine,
  per: Fraction,
  context: RatingContext,
): Cost {
  const { quantity, unit } = portion;
  const exact = perUnit(quantity, unitPrice, per);
  const price = format(unitPrice);
  const shown = grouped(decimalText(quantity));
  const each = line.per === undefined ? unit : `${grouped(line.per)} ${unit}`;
  const agreed = isAgreed(portion, line, context) ? ", as contracted" : "";
  const amount = line.per === undefined ? shown : `${shown} / ${grouped(line.per)}`;
  return {
    exact,
    steps: [
      { step: "price", value: price, note: `${moneyOf(line, context)} for each ${each}${agreed}` },
      { step: "exact", value: fractionText(exact), note: `${amount} × ${price}` },
    ],
  };
}

function isAgreed(portion: Portion, line: UsageLine, { inputs }: RatingContext): boolean {
  return isUsed(portion) && isContracted(inputs.contract, line.id, portion.dimensions);
}

function withExact({ exact, steps }: Cost): Cost {
  if (steps.at(-1)?.step === "exact" || steps.length === 0) return { exact, steps };
  return {
    exact,
    steps: [...steps, { step: "exact", value: fractionText(exact), note: "together" }],
  };
}

function discountedAll({ discount: percent }: UsageLine, priced: readonly Priced[]): Priced[] {
  if (percent === undefined) return [...priced];
  return priced.map(({ portion, cost }) => {
    const { amount, discount } = discounted(cost.exact, percent);
    const value = fractionText(subtractFractions(nothing, discount));
    const step = { step: "discount" as const, value, note: `${percent} % off` };
    return { portion, cost: { exact: amount, steps: [...cost.steps, step] } };
  });
}

/** A most of the line is used up by its portions in order. */
function capped(
  { maximum }: UsageLine,
  priced: readonly Priced[],
  { currency }: RatingContext,
): Priced[] {
  if (maximum === undefined) return [...priced];
  const amounts = priced.map(({ cost }) => cost.exact);
  const kept = cappedInOrder(amounts, fractionOf(maximum));
  return priced.map(({ portion, cost }, index) => {
    const { amount, cut } = kept[index] ?? { amount: cost.exact, cut: nothing };
    if (!isPositive(cut)) return { portion, cost };
    const note = `${currency} at most for the line: ${grouped(maximum)}`;
    const step = { step: "maximum" as const, value: fractionText(amount), note };
    return { portion, cost: { exact: amount, steps: [...cost.steps, step] } };
  });
}

/** Credits into money; those that were bought before are taken from the balance and cost nothing more. */
function exchanged({ portion, cost }: Priced, { inputs, currency }: RatingContext): Priced {
  const { credits } = inputs.plan;
  const value = fractionText(cost.exact);
  const unit = credits?.unit ?? "credit";
  if (credits === undefined || credits.settled === "prepaid" || credits.exchange === undefined) {
    const step = { step: "credits" as const, value, note: `${unit} taken from the balance` };
    return { portion, cost: { exact: nothing, steps: [...cost.steps, step] } };
  }
  const exact = multiplyFractions(cost.exact, fractionOf(credits.exchange));
  return {
    portion,
    cost: {
      exact,
      steps: [
        ...cost.steps,
        { step: "credits", value, note: `${unit}, ${credits.exchange} ${currency} each` },
        { step: "exact", value: fractionText(exact), note: "credits × exchange" },
      ],
    },
  };
}

function rounded(line: UsageLine, { portion, cost }: Priced, context: RatingContext): RatedLine {
  const { price } = portion;
  return lineOf({
    id: portion.id,
    kind: portion.kind,
    description: portion.description,
    meter: portion.meter,
    dimensions: portion.dimensions,
    quantity: decimalText(portion.quantity),
    unit: portion.unit,
    unit_price: price.kind === "unit" ? unitPriceText(price.unitPrice, line) : null,
    period: context.inputs.period,
    timing: "arrears",
    exact: cost.exact,
    decimals: context.decimals,
    counts: portion.counts,
    steps: [...portion.steps, ...cost.steps],
    ...(line.group === undefined ? {} : { group: line.group }),
  });
}

/** Of one unit; null where a price for so many has no decimal text for one, or is in credits. */
function unitPriceText(price: ReturnType<typeof decimal>, line: UsageLine): string | null {
  if (line.in === "credits") return null;
  if (line.per === undefined) return format(price);
  const each = exactDecimal(divideFractions(toFraction(price), fractionOf(line.per)));
  return each === null ? null : format(each);
}

function moneyOf(line: UsageLine, { inputs, currency }: RatingContext): string {
  return line.in === "credits" ? (inputs.plan.credits?.unit ?? "credit") : currency;
}
