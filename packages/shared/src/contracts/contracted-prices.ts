/** Puts the prices that a contract agreed on in the place of its plan's list prices. */

import { dimensionsKey } from "../wire/dimensions.ts";
import type { ContractDocument, ContractPrice } from "./contract.ts";
import { matches } from "./matches.ts";
import type { DimensionPrice, PlanDocument, UsageLine } from "./plan.ts";

/** The plan as this contract prices it; the order in which a quota is consumed stays the plan's. */
export function withContractedPrices(
  plan: PlanDocument,
  { prices = [] }: Pick<ContractDocument, "prices">,
): PlanDocument {
  if (prices.length === 0) return plan;
  return {
    ...plan,
    lines: plan.lines.map((line) =>
      line.kind === "usage"
        ? prices.filter((one) => one.line === line.id).reduce(repriced, line)
        : line,
    ),
  };
}

/** Whether the contract names this very price: the line's own where `dimensions` is null. */
export function isContracted(
  { prices = [] }: Pick<ContractDocument, "prices">,
  line: string,
  dimensions: DimensionPrice["dimensions"] | null,
): boolean {
  return prices.some((one) => one.line === line && keyOf(one.dimensions) === keyOf(dimensions));
}

function repriced(line: UsageLine, agreed: ContractPrice): UsageLine {
  const { dimensions } = agreed;
  const cost = costOf(agreed);
  if (dimensions === undefined) {
    const { unit_price: _unit, price: _price, unpriced: _refused, ...rest } = line;
    return { ...rest, ...cost };
  }
  const prices = line.prices ?? [];
  const same = prices.findIndex((one) => keyOf(one.dimensions) === keyOf(dimensions));
  if (same !== -1) {
    const { unit_price: _unit, price: _price, ...rest } = prices[same] as DimensionPrice;
    return { ...line, prices: prices.with(same, { ...rest, ...cost }) };
  }
  // Before the first price that would match all of it, so that it can be reached.
  const wider = prices.findIndex((one) => matches(one.dimensions, dimensions));
  const at = wider === -1 ? prices.length : wider;
  return { ...line, prices: prices.toSpliced(at, 0, { dimensions, ...cost }) };
}

function costOf({ unit_price, price }: ContractPrice): Pick<UsageLine, "unit_price" | "price"> {
  if (price !== undefined) return { price };
  return unit_price === undefined ? {} : { unit_price };
}

function keyOf(dimensions: DimensionPrice["dimensions"] | null | undefined): string {
  return dimensionsKey(dimensions ?? {});
}
