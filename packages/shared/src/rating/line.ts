/** A line of a statement: where its one rounding happens (half away from zero, at the currency's minor unit). */

import type { Countable } from "../contracts/contract.ts";
import { formatFixed } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { compareFractions, roundHalfAwayFromZero, toFraction } from "../numbers/fraction.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";
import type { ComputationStep, StatementLine } from "./statement.ts";

/** A finished line with its amount as a number as well as in text. */
export type RatedLine = {
  readonly line: StatementLine;
  readonly amount: Decimal;
  /** As what it is measured against an amount minimum; null for what never is. */
  readonly counts: Countable | null;
};

export type LineParts = Pick<StatementLine, "id" | "kind" | "description" | "timing"> &
  Partial<
    Pick<StatementLine, "meter" | "dimensions" | "quantity" | "unit" | "unit_price" | "group">
  > & {
    readonly period: Pick<PeriodOfStatement, "from" | "to">;
    /** The amount before it is rounded. */
    readonly exact: Fraction;
    readonly decimals: number;
    readonly counts: Countable | null;
    readonly steps: readonly ComputationStep[];
  };

export function lineOf(parts: LineParts): RatedLine {
  const { exact, decimals, steps } = parts;
  const amount = roundHalfAwayFromZero(exact, decimals);
  const rounded: ComputationStep = {
    step: "rounded",
    value: formatFixed(amount, decimals),
    note: "half away from zero",
  };
  const exactly = compareFractions(toFraction(amount), exact) === 0;
  return {
    amount,
    counts: parts.counts,
    line: {
      id: parts.id,
      kind: parts.kind,
      description: parts.description,
      meter: parts.meter ?? null,
      dimensions: parts.dimensions ?? null,
      quantity: parts.quantity ?? null,
      unit: parts.unit ?? null,
      unit_price: parts.unit_price ?? null,
      period: { from: parts.period.from, to: parts.period.to },
      timing: parts.timing,
      amount: formatFixed(amount, decimals),
      computation: exactly ? steps : [...steps, rounded],
      ...(parts.group === undefined ? {} : { group: parts.group }),
    },
  };
}
