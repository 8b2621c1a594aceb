/** Billing periods in UTC by integers: calendar months, N-day cycles from an anchor, and anniversaries. */

import type { Instant, Interval } from "./instant.ts";
import { secondsPerDay } from "./instant.ts";

export type Cycle =
  | { readonly every: "month" }
  | { readonly every: "days"; readonly days: number; readonly anchor: Instant }
  /** Monthly at the anchor's day and hour; the anchor is stored, so 31 Jan → 28 Feb → 31 Mar does not drift. */
  | { readonly every: "anniversary"; readonly anchor: Instant };

/** A cycle clipped to the term; `cycle` is the whole of it, by which amounts are prorated. */
export type Period = Interval & { readonly cycle: Interval };

/** `to` null: without end. */
export type Term = { readonly from: Instant; readonly to: Instant | null };

/** The period that holds the instant, clipped to the term; null outside of it. */
export function periodAt(cycle: Cycle, term: Term, at: Instant): Period | null {
  if (at < term.from || (term.to !== null && at >= term.to)) return null;
  return clipped(cycleAt(cycle, at), term);
}

/** All periods of the term, the first one first; endless when the term is. */
export function* periodsFrom(cycle: Cycle, term: Term): Generator<Period, void> {
  let period = periodAt(cycle, term, term.from);
  while (period !== null) {
    yield period;
    period = periodAt(cycle, term, period.to);
  }
}

/** The whole cycle that holds the instant, whatever the term. */
export function cycleAt(cycle: Cycle, at: Instant): Interval {
  switch (cycle.every) {
    case "month":
      return monthsAt(startOfYear, at);
    case "days":
      return daysAt(cycle, at);
    case "anniversary":
      return monthsAt(cycle.anchor, at);
  }
}

/** The same day and hour so many months later, or the month's last day when it has no such day. */
export function addMonths(anchor: Instant, months: number): Instant {
  const start = new Date(anchor * 1000);
  const [year, month] = [start.getUTCFullYear(), start.getUTCMonth() + months];
  const day = Math.min(start.getUTCDate(), daysInMonth(year, month));
  return Date.UTC(year, month, day) / 1000 + (anchor - midnightOf(anchor));
}

/** A calendar month is the anniversary of any first of January. */
const startOfYear: Instant = 0;

function monthsAt(anchor: Instant, at: Instant): Interval {
  const [start, now] = [new Date(anchor * 1000), new Date(at * 1000)];
  const years = now.getUTCFullYear() - start.getUTCFullYear();
  let months = years * 12 + now.getUTCMonth() - start.getUTCMonth();
  // The day or the hour of the anchor may not have come yet in this month. Each bound is counted from the anchor.
  if (addMonths(anchor, months) > at) months -= 1;
  return { from: addMonths(anchor, months), to: addMonths(anchor, months + 1) };
}

function daysAt({ anchor, days }: { anchor: Instant; days: number }, at: Instant): Interval {
  const length = days * secondsPerDay;
  const from = anchor + Math.floor((at - anchor) / length) * length;
  return { from, to: from + length };
}

function clipped(cycle: Interval, term: Term): Period {
  return {
    from: Math.max(cycle.from, term.from),
    to: Math.min(cycle.to, term.to ?? cycle.to),
    cycle,
  };
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}

function midnightOf(instant: Instant): Instant {
  return Math.floor(instant / secondsPerDay) * secondsPerDay;
}
