/** Base fees: for the period that ended or in advance, by period, seat or year; prorated where the term or a trial cuts it. */

import type { ContractDocument } from "../contracts/contract.ts";
import type { BaseLine } from "../contracts/plan.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { fractionOf, multiplyFractions, nothing } from "../numbers/fraction.ts";
import { formatInstant, parseInstant } from "../time/instant.ts";
import { addMonths } from "../time/period.ts";
import { grouped } from "./basis.ts";
import { fractionText } from "./fraction-text.ts";
import type { RatedLine } from "./line.ts";
import { lineOf } from "./line.ts";
import { isWhole, partInWords, partOfCycle } from "./proration.ts";
import type { RatingContext } from "./rating-context.ts";
import { seatsInWords, seatTime } from "./seats.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";
import type { ComputationStep } from "./statement.ts";
import { afterTrial } from "./trial.ts";

const monthsOfYear = 12;

/** Null where the contract pays it by the year and no year begins in the period. */
export function baseFee(
  line: BaseLine,
  ofPeriod: PeriodOfStatement,
  context: RatingContext,
): RatedLine | null {
  const { contract } = context.inputs;
  const annual = isAnnual(line, contract);
  const period = annual ? yearBegunIn(ofPeriod, contract) : ofPeriod;
  if (period === null) return null;
  const { amount, steps } = listed(line, context, annual);
  const { exact, step } = due(line, amount, period, context);
  return lineOf({
    id: line.id,
    kind: "base",
    description: line.description ?? "Base fee",
    period,
    timing: line.timing,
    exact,
    decimals: context.decimals,
    // A year's fee stands against no single period's minimum.
    counts: annual ? null : "base",
    steps: [...steps, ...step],
    ...(line.group === undefined ? {} : { group: line.group }),
  });
}

/** The amount for one whole period or year and, by seat, one seat; with the step that names it. */
function listed(
  line: BaseLine,
  { inputs, currency }: RatingContext,
  annual: boolean,
): { readonly amount: string; readonly steps: readonly ComputationStep[] } {
  const taken = line.variants?.find(({ option }) => inputs.contract.options?.includes(option));
  const amount = taken?.amount ?? line.amount;
  const note = `${currency} ${line.per === "seat" ? "a seat and period" : "a period"}`;
  const variant = taken === undefined ? "" : `, with ${taken.option}; ${line.amount} without`;
  const step: ComputationStep = { step: "amount", value: amount, note: `${note}${variant}` };
  if (!annual || line.year_months === undefined) return { amount, steps: [step] };
  const year = fractionText(multiplyFractions(fractionOf(amount), fractionOf(line.year_months)));
  const months = `${line.year_months} months for ${monthsOfYear}`;
  return { amount: year, steps: [step, { step: "year", value: year, note: months }] };
}

function due(
  line: BaseLine,
  amount: string,
  period: PeriodOfStatement,
  { inputs, terms }: RatingContext,
): { readonly exact: Fraction; readonly step: readonly ComputationStep[] } {
  const { contract } = inputs;
  const paid = afterTrial(period, contract, "base");
  if (paid === null) {
    const note = `until ${contract.trial?.to ?? ""}: free`;
    return { exact: nothing, step: [{ step: "trial", value: "0", note }] };
  }
  // What a trial covers is never billed, whatever the contract says about proration.
  const prorated = terms.prorate.base || paid.from !== period.from;
  if (line.per === "seat") {
    const seats = seatTime(contract, paid, prorated);
    const exact = multiplyFractions(fractionOf(amount), seats);
    const note = `${seatsInWords(contract)}, weighed by their hours of the period`;
    return {
      exact,
      step: [
        { step: "seats", value: fractionText(seats), note },
        { step: "exact", value: fractionText(exact), note: `${grouped(amount)} × seats` },
      ],
    };
  }
  const part = partOfCycle(paid, prorated);
  const exact = multiplyFractions(fractionOf(amount), part);
  if (isWhole(part)) return { exact, step: [] };
  const note = `${grouped(amount)} × ${partInWords(paid)} of the period`;
  return { exact, step: [{ step: "prorated", value: fractionText(exact), note }] };
}

function isAnnual({ timing, year_months }: BaseLine, { annual }: ContractDocument): boolean {
  return annual === true && year_months !== undefined && timing === "advance";
}

/** The year of the contract that begins inside of the period, clipped to its term; null when none does. */
export function yearBegunIn(
  period: Pick<PeriodOfStatement, "from" | "to">,
  { term }: Pick<ContractDocument, "term">,
): PeriodOfStatement | null {
  const start = parseInstant(term.from);
  const [from, to] = [parseInstant(period.from), parseInstant(period.to)];
  for (let years = 0; addMonths(start, years * monthsOfYear) < to; years += 1) {
    const begins = addMonths(start, years * monthsOfYear);
    if (begins < from) continue;
    const ends = addMonths(start, (years + 1) * monthsOfYear);
    const clipped = term.to === null ? ends : Math.min(ends, parseInstant(term.to));
    return {
      from: formatInstant(begins),
      to: formatInstant(clipped),
      cycle_from: formatInstant(begins),
      cycle_to: formatInstant(ends),
    };
  }
  return null;
}
