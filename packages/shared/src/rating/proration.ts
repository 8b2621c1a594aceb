/** By UTC hours: which part of its cycle a period is, where the term starts or ends inside. */

import type { Fraction } from "../numbers/fraction.ts";
import { fraction, one } from "../numbers/fraction.ts";
import { parseInstant, secondsPerHour } from "../time/instant.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";

/** 1 for a whole cycle, and where the contract does not prorate. */
export function partOfCycle(period: PeriodOfStatement, prorated: boolean): Fraction {
  if (!prorated) return one;
  return fraction(BigInt(hoursOfPeriod(period)), BigInt(hoursOfCycle(period)));
}

/** `408/744 h` */
export function partInWords(period: PeriodOfStatement): string {
  return `${hoursOfPeriod(period)}/${hoursOfCycle(period)} h`;
}

export function isWhole(part: Fraction): boolean {
  return part.numerator === part.denominator;
}

function hoursOfPeriod({ from, to }: PeriodOfStatement): number {
  return hoursBetween(from, to);
}

function hoursOfCycle({ cycle_from, cycle_to }: PeriodOfStatement): number {
  return hoursBetween(cycle_from, cycle_to);
}

function hoursBetween(from: string, to: string): number {
  return (parseInstant(to) - parseInstant(from)) / secondsPerHour;
}
