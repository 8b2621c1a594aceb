/** Silence: how long nothing has been heard, in time for which the vendor's side can be held accountable. */

import type { Instant, Interval } from "../time/instant.ts";
import { secondsPerDay } from "../time/instant.ts";
import { secondsWithin } from "./intervals.ts";

/** Of unaccountable time, or since an undecided report was recorded: so long an hour may stay pending before it is excused. */
export const excusedAfterSeconds = 14 * secondsPerDay;

/** Seconds from `since` to `now` in which the collector was accepting reports from the installation. */
export function accountableSeconds(
  since: Instant,
  now: Instant,
  unaccountable: readonly Interval[],
): number {
  return Math.max(0, now - since) - secondsWithin(unaccountable, since, now);
}

/**
 * The instant at which `dueSeconds` of accountable silence are full: still not overdue at it, overdue one second later.
 * Moves later with each outage to come.
 */
export function silenceFullAt(
  since: Instant,
  dueSeconds: number,
  unaccountable: readonly Interval[],
): Instant {
  let full = since + dueSeconds;
  for (const { from, to } of unaccountable) {
    if (to <= since) continue;
    // An outage that begins at the very second defers the one after it.
    if (from > full) break;
    full += to - Math.max(from, since);
  }
  return full;
}

/** The latest instant from which `excusedAfterSeconds` of unaccountable time have passed; null when there are not so many. */
export function excusedUpTo(now: Instant, unaccountable: readonly Interval[]): Instant | null {
  let missing = excusedAfterSeconds;
  for (const interval of unaccountable.toReversed()) {
    const to = Math.min(interval.to, now);
    if (to <= interval.from) continue;
    if (to - interval.from >= missing) return to - missing;
    missing -= to - interval.from;
  }
  return null;
}
