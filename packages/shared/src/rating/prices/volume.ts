/** The price model "volume": all units cost what the tier says that the quantity reaches. More can cost less. */

import type { VolumePrice } from "../../contracts/price-model.ts";
import type { Fraction } from "../../numbers/fraction.ts";
import { isPositive, nothing, one } from "../../numbers/fraction.ts";
import type { Cost } from "./cost.ts";
import { tierCost } from "./graduated.ts";
import { reachedSpan, spansOf } from "./tier-span.ts";

/** `per`: how many units a unit price is for. */
export function volumeCost(price: VolumePrice, quantity: Fraction, per: Fraction = one): Cost {
  const reached = reachedSpan(spansOf(price.tiers), quantity);
  const due = isPositive(quantity) || price.flat_at_zero === true;
  if (reached === null || !due) return { exact: nothing, steps: [] };
  const { exact, step } = tierCost(reached, quantity, per);
  return { exact, steps: [step] };
}
