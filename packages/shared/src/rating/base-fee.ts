/** Base fees: for the period that ended, or in advance for the one to come; prorated where the term cuts a period. */

import type { BaseLine } from "../contracts/plan.ts";
import { decimal } from "../numbers/decimal.ts";
import { multiplyFractions, toFraction } from "../numbers/fraction.ts";
import { grouped } from "./basis.ts";
import type { RatedLine } from "./line.ts";
import { fractionText, lineOf } from "./line.ts";
import { isWhole, partInWords, partOfCycle } from "./proration.ts";
import type { RatingContext } from "./rating-context.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";
import type { ComputationStep } from "./statement.ts";

export function baseFee(
  line: BaseLine,
  period: PeriodOfStatement,
  { terms, currency, decimals }: RatingContext,
): RatedLine {
  const part = partOfCycle(period, terms.prorate.base);
  const exact = multiplyFractions(toFraction(decimal(line.amount)), part);
  const steps: ComputationStep[] = [
    { step: "amount", value: line.amount, note: `${currency} a period` },
  ];
  if (!isWhole(part)) {
    const note = `${grouped(line.amount)} × ${partInWords(period)} of the period`;
    steps.push({ step: "prorated", value: fractionText(exact), note });
  }
  return lineOf({
    id: line.id,
    kind: "base",
    description: line.description ?? "Base fee",
    period,
    timing: line.timing,
    exact,
    decimals,
    counts: "base",
    steps,
  });
}
