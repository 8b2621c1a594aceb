/** The figure of a `max` meter for a period: its hours do not add up, so the plan says which of them counts. */

import type { PlanMeter } from "../contracts/plan.ts";
import { add, compare, decimal, greater, zero } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import { floorToScale, fraction, multiplyFractions, toFraction } from "../numbers/fraction.ts";
import { parseInstant, secondsPerHour } from "../time/instant.ts";
import type { PeriodOfStatement, UsageRow } from "./statement-inputs.ts";

/** Decimals of a mean, rounded down. */
const meanScale = 12;

/** `rows`: of one meter and one dimension set. */
export function gaugeFigure(
  rows: readonly UsageRow[],
  { over_period = "max", across = "sum" }: Pick<PlanMeter, "over_period" | "across">,
  period: PeriodOfStatement,
): Decimal {
  const hours = [...Map.groupBy(rows, ({ window }) => window).values()].map((some) =>
    figureOfHour(some, across),
  );
  const total = hours.reduce(add, zero);
  switch (over_period) {
    case "max":
      return hours.reduce(greater, zero);
    case "sum":
      return total;
    case "mean": {
      const count = (parseInstant(period.to) - parseInstant(period.from)) / secondsPerHour;
      const part = fraction(1n, BigInt(count));
      return floorToScale(multiplyFractions(toFraction(total), part), meanScale);
    }
  }
}

/** Of each journal the greatest; the journals of an installation add; installations as the meter says. */
function figureOfHour(rows: readonly UsageRow[], across: "sum" | "max"): Decimal {
  const journals = new Map<string, { installation: string; value: Decimal }>();
  for (const { installation, journal, quantity } of rows) {
    const key = `${installation}\n${journal}`;
    const value = decimal(quantity);
    const held = journals.get(key);
    if (held === undefined || compare(held.value, value) < 0)
      journals.set(key, { installation, value });
  }
  const sites = [
    ...Map.groupBy(journals.values(), ({ installation }) => installation).values(),
  ].map((some) => some.map(({ value }) => value).reduce(add, zero));
  return across === "sum" ? sites.reduce(add, zero) : sites.reduce(greater, zero);
}
