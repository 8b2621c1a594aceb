/** Which part of a period's installation-hours is missing, as an exact fraction, and which part of that no history can estimate. */

import type {
  HoursOfInstallation,
  HoursOfJournal,
  HoursOfPeriod,
  HourRange,
} from "../coverage/hours-of-period.ts";
import { hoursOf } from "../coverage/history.ts";
import { subtract, union } from "../coverage/intervals.ts";
import { decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  addFractions,
  divideFractions,
  fraction,
  multiplyFractions,
  nothing,
  toFraction,
} from "../numbers/fraction.ts";
import { grouped } from "./basis.ts";
import type { Interval } from "../time/instant.ts";
import { parseInstant } from "../time/instant.ts";

/** With less than so many counted hours of history a journal is not estimated; its missing hours are shared. */
export const historyHoursMin = 72;

/** What an hour of each installation weighs; 1 for one that is not named. */
export type Weights = Readonly<Record<string, string>>;

/** A part of the period's hours that is billed as a share of the minimum. */
export type MissingPart = { readonly part: Fraction; readonly note: string };

export const noneMissing: MissingPart = { part: nothing, note: "" };

/** m: missing (uncounted and overdue) by expected installation-hours. */
export function missingPart(hours: HoursOfPeriod, weights: Weights): MissingPart {
  const missingOf = ({ uncounted, overdue }: HoursOfInstallation) => uncounted + overdue;
  return partOf(hours, weights, missingOf, "missing");
}

/** The part of m that `estimate` leaves to `share`: hours in which a journal without enough history, or none at all, is missing. */
export function unestimatedPart(hours: HoursOfPeriod, weights: Weights): MissingPart {
  return partOf(hours, weights, unestimatedHours, "missing that no history can estimate");
}

function partOf(
  hours: HoursOfPeriod,
  weights: Weights,
  hoursOfOne: (hours: HoursOfInstallation) => number,
  what: string,
): MissingPart {
  const count = hours.installations.reduce((sum, one) => sum + hoursOfOne(one), 0);
  const weighted = Object.keys(weights).length > 0 ? ", as the contract weighs them" : "";
  const of = `${grouped(count)} of ${grouped(hours.total.expected)} installation-hours`;
  return { part: shareOf(hours, weights, hoursOfOne), note: `${of} ${what}${weighted}` };
}

export function canBeEstimated(journal: HoursOfJournal): boolean {
  return (journal.history?.counted_hours ?? 0) >= historyHoursMin;
}

export function hoursMissing(journal: HoursOfJournal): number {
  return journal.uncounted + journal.overdue;
}

function unestimatedHours({ missing, journals }: HoursOfInstallation): number {
  const all = missing.map(intervalOf);
  const missingOf = (kept: readonly HoursOfJournal[]) =>
    union(...kept.map((journal) => journal.missing.map(intervalOf)));
  const estimated = missingOf(journals.filter(canBeEstimated));
  const others = missingOf(journals.filter((journal) => !canBeEstimated(journal)));
  return hoursOf(union(subtract(all, estimated), others));
}

function shareOf(
  { installations }: HoursOfPeriod,
  weights: Weights,
  hoursOfOne: (hours: HoursOfInstallation) => number,
): Fraction {
  const weighted = (pick: (hours: HoursOfInstallation) => number, byWeight: boolean) =>
    installations.reduce((sum, one) => {
      const weight = byWeight ? toFraction(decimal(weights[one.installation] ?? "1")) : whole(1);
      return addFractions(sum, multiplyFractions(weight, whole(pick(one))));
    }, nothing);
  const expectedHours = ({ expected }: HoursOfInstallation) => expected;
  // Where only installations of weight 0 are expected, hours count as they are.
  const byWeight = weighted(expectedHours, true).numerator !== 0n;
  const expected = weighted(expectedHours, byWeight);
  return expected.numerator === 0n
    ? nothing
    : divideFractions(weighted(hoursOfOne, byWeight), expected);
}

function whole(value: number): Fraction {
  return fraction(BigInt(value), 1n);
}

function intervalOf([from, to]: HourRange): Interval {
  return { from: parseInstant(from), to: parseInstant(to) };
}
