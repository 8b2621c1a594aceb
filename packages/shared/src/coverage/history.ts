/** What an estimate looks back on: the counted hours of the 28 days before the gap that holds a journal's first missing hour. */

import type { Instant, Interval } from "../time/instant.ts";
import { secondsPerDay, secondsPerHour } from "../time/instant.ts";
import type { InstallationFacts, JournalFacts } from "./hour-facts.ts";
import { gridOf, hourState, rangesOf, startOf } from "./hour-grid.ts";
import { intersect, union } from "./intervals.ts";
import type { Circumstances } from "./journal-hours.ts";
import { expectedHours, statesOfJournal } from "./journal-hours.ts";

export const historySeconds = 28 * secondsPerDay;

export type History = Interval & { readonly counted: readonly Interval[] };

/**
 * `firstMissing` is the start of the journal's first missing hour of the period. Hours before the contract count too,
 * hours under another customer do not.
 */
export function historyOf(
  journal: JournalFacts,
  installation: InstallationFacts,
  firstMissing: Instant,
  given: Circumstances,
): History {
  const known = intersect(union(installation.assigned), [expectedHours(journal)]);
  const countedIn = (from: Instant, to: Instant) => {
    const grid = gridOf(from, to);
    const states = statesOfJournal(journal, known, grid, given);
    return { grid, states };
  };
  const to = gapStart(firstMissing, known[0]?.from ?? firstMissing, (from, end) => {
    const { grid, states } = countedIn(from, end);
    const last = states.lastIndexOf(hourState.counted);
    return last === -1 ? null : startOf(grid, last + 1);
  });
  const { grid, states } = countedIn(to - historySeconds, to);
  return {
    from: to - historySeconds,
    to,
    counted: rangesOf(states, grid, (state) => state === hourState.counted),
  };
}

/** The end of the last counted hour before `firstMissing`, looked for in steps of 28 days back to the journal's start. */
function gapStart(
  firstMissing: Instant,
  begun: Instant,
  lastCountedEnd: (from: Instant, to: Instant) => Instant | null,
): Instant {
  for (let to = firstMissing; to > begun; to -= historySeconds) {
    const found = lastCountedEnd(Math.max(to - historySeconds, begun), to);
    if (found !== null) return found;
  }
  return Math.min(firstMissing, begun);
}

/** Whole hours of a list. */
export function hoursOf(list: readonly Interval[]): number {
  return list.reduce((sum, { from, to }) => sum + (to - from) / secondsPerHour, 0);
}
