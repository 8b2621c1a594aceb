/** A contracted minimum as a quantity of one meter: what is missing to it is billed at the price of a shortfall. */

import type { ContractDocument, QuantityMinimum } from "../contracts/contract.ts";
import type { PlanMeter } from "../contracts/plan.ts";
import { decimal, format } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  addFractions,
  floorToScale,
  formatFraction,
  greaterFraction,
  isPositive,
  multiplyFractions,
  subtractFractions,
  sumFractions,
  toFraction,
} from "../numbers/fraction.ts";
import { fractionText } from "./fraction-text.ts";
import { grouped } from "./basis.ts";
import type { MissingPart } from "./missing-hours.ts";
import type { Portion } from "./portion.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";
import type { ComputationStep } from "./statement.ts";
import { partOfMinimum } from "./trial.ts";

export type QuantityFloor = {
  readonly minimum: QuantityMinimum;
  /** Prorated, floored at the meter's scale. */
  readonly quantity: Decimal;
  /** Decimals of the quantity that it is measured in. */
  readonly scale: number;
  readonly steps: readonly ComputationStep[];
};

/** What is billed at least: the quantity, or the minimum where it is less. */
export function atLeast(quantity: Fraction, minimum: Fraction): Fraction {
  return greaterFraction(quantity, minimum);
}

/** The contract's quantity minimum of this meter for this period; null when it has none. */
export function quantityFloor(
  contract: ContractDocument,
  meter: Pick<PlanMeter, "name" | "unit" | "scale">,
  period: PeriodOfStatement,
  prorated: boolean,
): QuantityFloor | null {
  const { minimum } = contract;
  if (minimum === undefined || !("quantity" in minimum) || minimum.meter !== meter.name)
    return null;
  const part = partOfMinimum(period, contract, prorated);
  const whole = decimal(minimum.quantity);
  const quantity = floorToScale(multiplyFractions(toFraction(whole), part.fraction), meter.scale);
  const note =
    part.text === null
      ? `${meter.unit} contracted`
      : `${meter.unit} contracted: ${grouped(minimum.quantity)} × ${part.text}`;
  const { scale } = meter;
  return { minimum, quantity, scale, steps: [{ step: "minimum", value: format(quantity), note }] };
}

/**
 * The portions that lift a line to max(U + ⌊Q·share⌋, Q): the share of the missing hours, then the rest of the shortfall.
 * `line` is the id of the plan line; `portions` are what was counted and estimated.
 */
export function shortfallPortions(
  line: { readonly id: string; readonly description: string },
  meter: Pick<PlanMeter, "name" | "unit">,
  portions: readonly Portion[],
  floor: QuantityFloor,
  missing: MissingPart,
): Portion[] {
  const of = {
    meter: meter.name,
    unit: meter.unit,
    dimensions: null,
    counts: null,
    price: { kind: "unit" as const, unitPrice: decimal(floor.minimum.shortfall_price) },
  };
  const known = sumFractions(portions.map(({ quantity }) => quantity));
  const minimum = toFraction(floor.quantity);
  const shared = toFraction(floorToScale(multiplyFractions(minimum, missing.part), floor.scale));
  const reached = addFractions(known, shared);
  const short = subtractFractions(atLeast(reached, minimum), reached);
  const found: Portion[] = [];
  if (isPositive(shared)) {
    found.push({
      ...of,
      id: `${line.id}#share`,
      kind: "share",
      description: `${line.description}: the minimum's share of the missing hours`,
      quantity: shared,
      steps: [...floor.steps, missingStep(missing)],
    });
  }
  if (isPositive(short)) {
    found.push({
      ...of,
      id: `${line.id}#shortfall`,
      kind: "shortfall",
      description: `${line.description}: shortfall to the contracted minimum`,
      quantity: short,
      steps: [
        ...floor.steps,
        {
          step: "counts",
          value: fractionText(reached),
          note: `${meter.unit} counted towards it`,
        },
      ],
    });
  }
  return found;
}

export function missingStep({ part, note }: MissingPart): ComputationStep {
  return { step: "missing", value: formatFraction(part), note };
}
