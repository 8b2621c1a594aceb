/** Prices and quotas of a plan in a few words, as a table of the plan shows them. */

import type { Included, UsageLine } from "./plan.ts";
import type { PriceModel } from "./price-model.ts";

/** What one of it costs: a number, a parameter such as `$overage`, or the model by name. */
export function priceInWords({
  unit_price,
  price,
}: Pick<UsageLine, "unit_price" | "price">):
  | { readonly amount: string }
  | { readonly words: string } {
  if (price !== undefined) return { words: modelInWords(price) };
  const text = unit_price ?? "0";
  return text.startsWith("$") ? { words: `${text}, by contract` } : { amount: text };
}

export function modelInWords(price: PriceModel): string {
  switch (price.model) {
    case "package":
      return `${price.amount} a package of ${price.size}`;
    case "graduated":
    case "volume":
    case "blocks":
    case "graduated_percentage":
      return `${price.model.replaceAll("_", " ")}, ${price.tiers.length} tiers`;
    case "percentage":
      return `${price.percent} %`;
  }
}

/** The quota's number, and what it is for where that is not the period. */
export function includedInWords(included: string | Included): {
  readonly quantity: string;
  readonly per: string;
} {
  if (typeof included === "string") return { quantity: included, per: "" };
  return {
    quantity: included.quantity,
    per:
      included.per === "period" ? "" : included.per === "instant" ? " held" : ` a ${included.per}`,
  };
}
