/** What the demo's vendor sells: meters, one plan, and a contract for each customer. All of it is data. */

import {
  type Decimal,
  add,
  decimal,
  formatFixed,
  fromInteger,
  greater,
  multiply,
  subtract,
  sum,
  zero,
} from "@submeter/shared/numbers/decimal";
import { roundHalfAwayFromZero, toFraction } from "@submeter/shared/numbers/fraction";
import type { ContractDocument } from "@submeter/shared/contracts/contract";
import type { PlanDocument } from "@submeter/shared/contracts/plan";
import { formatInstant, type Interval } from "@submeter/shared/time/instant";
import type { CustomerUsage } from "./dataset.ts";

const meters = [
  { name: "requests", unit: "request" },
  { name: "input_tokens", unit: "token" },
  { name: "output_tokens", unit: "token" },
] as const;

/** The file that the vendor ships with its product: what may be counted, and by which labels. */
export const meterFile = {
  version: 1,
  meters: meters.map((meter) => ({
    ...meter,
    aggregation: "sum",
    scale: 0,
    dimensions: [{ name: "model" }],
  })),
};

/** US dollars for one token; a model that the list does not know costs what the largest does. */
const tokenPrices = {
  input_tokens: {
    "m-small": "0.00000005",
    "m-mid": "0.00000022",
    "m-large": "0.0000016",
    "deepseek-r1": "0.00000055",
  },
  output_tokens: {
    "m-small": "0.0000002",
    "m-mid": "0.0000006",
    "m-large": "0.0000064",
    "deepseek-r1": "0.00000219",
  },
} as const;

const requestPrice = "0.00002";
const includedRequests = "10000";
const baseFee = "25.00";

export const plan: PlanDocument = {
  version: 1,
  id: "inference",
  description: "Model inference by request and token",
  currency: "USD",
  meters: meters.map((meter) => ({ ...meter, aggregation: "sum", scale: 0 })),
  lines: [
    { id: "platform", kind: "base", description: "Platform", amount: baseFee, timing: "arrears" },
    {
      id: "requests",
      kind: "usage",
      description: "Requests",
      meter: "requests",
      included: includedRequests,
      unit_price: requestPrice,
    },
    ...(["input_tokens", "output_tokens"] as const).map((meter) => ({
      id: meter,
      kind: "usage" as const,
      description: meter === "input_tokens" ? "Input tokens" : "Output tokens",
      meter,
      prices: Object.entries(tokenPrices[meter]).map(([model, unit_price]) => ({
        dimensions: { model },
        unit_price,
      })),
      unit_price: tokenPrices[meter]["m-large"],
    })),
  ],
};

/** A contract over the whole demo, in cycles of so many days, with a minimum that silence is billed at. */
export function contractOf(
  customer: string,
  terms: { term: Interval; cycleDays: number; minimum: string },
): ContractDocument {
  return {
    version: 1,
    id: customer,
    customer,
    plan: { id: plan.id, version: plan.version },
    term: { from: formatInstant(terms.term.from), to: formatInstant(terms.term.to) },
    cycle: { every: "days", days: terms.cycleDays },
    minimum: { amount: terms.minimum },
    fallback: "floor",
    after_term: "stop",
  };
}

/** What most customers commit to for a cycle. */
export const usualMinimum = "50.00";

/** What these seconds of the data come to at list price, in US dollars, unrounded. */
export function listPrice(usage: CustomerUsage, { from, to }: Interval): Decimal {
  const slots = usage.slots.filter(({ second }) => second >= from && second < to);
  const requests = sum(slots.map((slot) => fromInteger(slot.requests)));
  const overage = greater(subtract(requests, decimal(includedRequests)), zero);
  return sum([
    decimal(baseFee),
    multiply(overage, decimal(requestPrice)),
    ...slots.flatMap((slot) => [
      multiply(fromInteger(slot.inputTokens), priceOf("input_tokens", usage.model)),
      multiply(fromInteger(slot.outputTokens), priceOf("output_tokens", usage.model)),
    ]),
  ]);
}

/** Half way between two amounts, in whole cents. */
export function halfWay(low: Decimal, high: Decimal): string {
  const half = multiply(add(low, high), decimal("0.5"));
  return formatFixed(roundHalfAwayFromZero(toFraction(half), 2), 2);
}

function priceOf(meter: keyof typeof tokenPrices, model: string): Decimal {
  const prices: Record<string, string> = tokenPrices[meter];
  return decimal(prices[model] ?? tokenPrices[meter]["m-large"]);
}
