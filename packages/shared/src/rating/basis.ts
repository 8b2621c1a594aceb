/** What a statement rests on, and how an invoice prints its hours (billing rules, section 2, "Basis"). */

import type { HourCounts, HoursOfPeriod } from "../coverage/hours-of-period.ts";
import type { Basis } from "./statement.ts";

/** `periodTo`: the period's end, as the hours were evaluated up to it or not. */
export function basisOf(hours: HoursOfPeriod, periodTo: string, allowanceHours: number): Basis {
  if (hours.total.pending > 0 || hours.evaluated_to < periodTo) return "open";
  if (hours.total.overdue > 0) return "fallback";
  if (hours.total.uncounted === 0) return "measured";
  // Forgiven is what each installation may miss in the period, summed over its gaps, not per gap.
  const forgiven = hours.installations.every(({ uncounted }) => uncounted <= allowanceHours);
  return forgiven ? "measured_with_gaps" : "fallback";
}

/** `counted 2,226 · excused 4 · uncounted 2 · overdue 0 of 2,232 installation-hours` */
export function hoursText(counts: HourCounts): string {
  const parts = [
    `counted ${grouped(counts.counted)}`,
    `excused ${grouped(counts.excused)}`,
    `uncounted ${grouped(counts.uncounted)}`,
    `overdue ${grouped(counts.overdue)}`,
    ...(counts.pending > 0 ? [`pending ${grouped(counts.pending)}`] : []),
  ];
  return `${parts.join(" · ")} of ${grouped(counts.expected)} installation-hours`;
}

/** Digits in groups of three: `2232` is `2,232`. Takes any decimal text. */
export function grouped(value: number | string): string {
  const [whole = "", decimals] = String(value).split(".");
  const digits = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return decimals === undefined ? digits : `${digits}.${decimals}`;
}
