/** Unit conversion: what the meter counts into what is priced, exactly; GiB-seconds into GiB-months of the actual cycle. */

import type { Conversion, PlanMeter, UsageLine } from "../contracts/plan.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  ceilingToScale,
  divideFractions,
  fraction,
  fractionOf,
  toFraction,
} from "../numbers/fraction.ts";
import { parseInstant } from "../time/instant.ts";
import { grouped } from "./basis.ts";
import { fractionText } from "./fraction-text.ts";
import type { Portion } from "./portion.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";

/** What a line is measured in once it is converted. Without a conversion: the meter's own unit and scale. */
export type Measure = Pick<PlanMeter, "name" | "unit" | "scale"> & {
  readonly convert: (quantity: Fraction) => Fraction;
  readonly note: string | null;
};

/** Decimals to which contracted quantities are floored where a conversion leaves no scale of its own. */
const convertedScale = 12;

export function measureOf(
  { convert }: Pick<UsageLine, "convert">,
  meter: PlanMeter,
  period: PeriodOfStatement,
): Measure {
  const { name, unit, scale } = meter;
  if (convert === undefined) {
    return { name, unit, scale, convert: (quantity) => quantity, note: null };
  }
  const divisor = divisorOf(convert, period);
  return {
    name,
    unit: convert.unit,
    scale: convert.round === "up" ? 0 : convertedScale,
    convert: (quantity) => convertedBy(quantity, divisor, convert.round === "up"),
    note: `${convert.unit} of ${grouped(fractionText(divisor))} ${unit} each${noteOf(convert)}`,
  };
}

export function convertedBy(quantity: Fraction, divisor: Fraction, up: boolean): Fraction {
  const exact = divideFractions(quantity, divisor);
  return up ? toFraction(ceilingToScale(exact, 0)) : exact;
}

export function convertedPortion(portion: Portion, measure: Measure): Portion {
  if (measure.note === null) return portion;
  const quantity = measure.convert(portion.quantity);
  const step = {
    step: "converted" as const,
    value: fractionText(quantity),
    note: measure.note,
  };
  return { ...portion, unit: measure.unit, quantity, steps: [...portion.steps, step] };
}

function noteOf({ divide_by, round }: Conversion): string {
  const cycle = divide_by === "cycle_seconds" ? ", the seconds of this cycle" : "";
  return round === "up" ? `${cycle}, begun ones whole` : cycle;
}

/** How many units of the meter make one that is priced. */
export function divisorOf(
  { divide_by }: Conversion,
  { cycle_from, cycle_to }: PeriodOfStatement,
): Fraction {
  if (divide_by !== "cycle_seconds") return fractionOf(divide_by);
  return fraction(BigInt(parseInstant(cycle_to) - parseInstant(cycle_from)), 1n);
}
