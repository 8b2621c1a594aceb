/** Which model costs what: the one place that knows them all. */

import type { PriceModel } from "../../contracts/price-model.ts";
import type { Fraction } from "../../numbers/fraction.ts";
import { addFractions, nothing, one, subtractFractions } from "../../numbers/fraction.ts";
import { blockCost } from "./block-tiers.ts";
import type { Cost } from "./cost.ts";
import { graduatedPercentageCost } from "./graduated-percentage.ts";
import { graduatedCost } from "./graduated.ts";
import { packageCost } from "./package.ts";
import { percentageCost } from "./percentage.ts";
import { volumeCost } from "./volume.ts";

/** `per`: how many units a unit price is for. `events`: what the model's second meter counted, where it has one. */
export function costOf(
  price: PriceModel,
  quantity: Fraction,
  per: Fraction = one,
  events: Fraction = nothing,
): Cost {
  switch (price.model) {
    case "package":
      return packageCost(price, quantity);
    case "graduated":
      return graduatedCost(price, quantity, per);
    case "volume":
      return volumeCost(price, quantity, per);
    case "blocks":
      return blockCost(price, quantity);
    case "percentage":
      return percentageCost(price, quantity, events);
    case "graduated_percentage":
      return graduatedPercentageCost(price, quantity);
  }
}

/** What more of it, and of its events, costs where some has been billed: the whole less what was before. */
export function costOfMore(
  price: PriceModel,
  before: Fraction,
  more: Fraction,
  per: Fraction = one,
  events: { readonly before: Fraction; readonly more: Fraction } = noEvents,
): Fraction {
  const all = addFractions(events.before, events.more);
  const whole = costOf(price, addFractions(before, more), per, all).exact;
  return subtractFractions(whole, costOf(price, before, per, events.before).exact);
}

const noEvents = { before: nothing, more: nothing };
