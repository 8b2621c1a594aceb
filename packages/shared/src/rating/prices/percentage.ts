/** The price model "percentage": a part of the amount that a meter counts, a fee for each event, between a least and a most. */

import type { PercentagePrice } from "../../contracts/price-model.ts";
import type { Fraction } from "../../numbers/fraction.ts";
import {
  addFractions,
  compareFractions,
  fraction,
  fractionOf,
  greaterFraction,
  isPositive,
  multiplyFractions,
  nothing,
  subtractFractions,
} from "../../numbers/fraction.ts";
import { grouped } from "../basis.ts";
import { decimalText, fractionText } from "../fraction-text.ts";
import type { ComputationStep } from "../statement.ts";
import type { Cost } from "./cost.ts";

const hundredth = fraction(1n, 100n);

/** `amount`: what the meter counted; `events`: how many there were. Least and most hold where there was any. */
export function percentageCost(price: PercentagePrice, amount: Fraction, events: Fraction): Cost {
  const base = less(amount, price.free);
  const part = percentOf(base, price.percent);
  const steps: ComputationStep[] = [
    {
      step: "tier",
      value: fractionText(part),
      note: `${price.percent} % of ${grouped(decimalText(base))}${freely(price.free)}`,
    },
  ];
  let exact = part;
  if (price.event !== undefined) {
    const billed = less(events, price.event.free);
    const fees = multiplyFractions(billed, fractionOf(price.event.amount));
    const note = `${grouped(decimalText(billed))} events × ${price.event.amount}${freely(price.event.free)}`;
    steps.push({ step: "tier", value: fractionText(fees), note });
    exact = addFractions(exact, fees);
  }
  const any = isPositive(amount) || isPositive(events);
  return any ? bounded(price, { exact, steps }) : { exact: nothing, steps };
}

export function percentOf(amount: Fraction, percent: string): Fraction {
  return multiplyFractions(amount, multiplyFractions(fractionOf(percent), hundredth));
}

function bounded({ minimum, maximum }: PercentagePrice, { exact, steps }: Cost): Cost {
  if (minimum !== undefined && compareFractions(exact, fractionOf(minimum)) < 0) {
    const step: ComputationStep = { step: "minimum", value: minimum, note: "at least" };
    return { exact: fractionOf(minimum), steps: [...steps, step] };
  }
  if (maximum !== undefined && compareFractions(exact, fractionOf(maximum)) > 0) {
    const step: ComputationStep = { step: "maximum", value: maximum, note: "at most" };
    return { exact: fractionOf(maximum), steps: [...steps, step] };
  }
  return { exact, steps };
}

function less(value: Fraction, free: string | undefined): Fraction {
  return free === undefined
    ? value
    : greaterFraction(subtractFractions(value, fractionOf(free)), nothing);
}

function freely(free: string | undefined): string {
  return free === undefined ? "" : `, ${grouped(free)} free`;
}
