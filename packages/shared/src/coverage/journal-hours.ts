/** The states of one journal's hours: counted, pending, uncounted, excused, overdue (billing rules, section 2). */

import type { Instant, Interval } from "../time/instant.ts";
import { hourCeiling, hourFloor, secondsPerHour } from "../time/instant.ts";
import type { JournalFacts } from "./hour-facts.ts";
import type { HourGrid, HourState } from "./hour-grid.ts";
import {
  countedSecondsMin,
  gridOf,
  hourState,
  indexFrom,
  indexTo,
  secondsByHour,
  startOf,
  touchedByHour,
} from "./hour-grid.ts";
import { clip, endless, secondsWithin, union } from "./intervals.ts";
import { excusedAfterSeconds, excusedUpTo, silenceFullAt } from "./silence.ts";

/** What holds for each journal of an installation alike. */
export type Circumstances = {
  readonly now: Instant;
  readonly reportDueSeconds: number;
  readonly unaccountable: readonly Interval[];
  readonly attested: readonly Interval[];
};

export type Silence = {
  readonly since: Instant;
  /** At this instant `report_due` is full; the hours are overdue one second later. */
  readonly fullAt: Instant;
};

/** The whole hours between a journal's first report and its end. */
export function expectedHours(journal: JournalFacts): Interval {
  return {
    from: hourCeiling(journal.expectedFrom),
    to: journal.expectedTo === null ? endless : hourFloor(journal.expectedTo),
  };
}

/** States of the grid's hours inside `expected` (whole hours); the others stay `unexpected`. */
export function statesOfJournal(
  journal: JournalFacts,
  expected: readonly Interval[],
  grid: HourGrid,
  given: Circumstances,
): Uint8Array {
  const states = new Uint8Array(grid.hours);
  const stateAt = judgeOf(journal, grid, given);
  for (const stretch of expected) {
    const [first, last] = [indexFrom(grid, stretch.from), indexTo(grid, stretch.to)];
    if (first >= last) continue;
    const silence = silenceOf(journal, stretch.from, given);
    for (let index = first; index < last; index += 1) states[index] = stateAt(index, silence);
  }
  return states;
}

/** From the end of the last hour heard of, but never from before the stretch in which it is expected. */
export function silenceOf(
  journal: JournalFacts,
  stretchFrom: Instant,
  given: Circumstances,
): Silence {
  // A held report was heard, whatever becomes of it; its own word for the time counts only up to when it came.
  const held = journal.held.map(({ interval, recordedAt }) => ({
    from: interval.from,
    to: Math.min(interval.to, recordedAt),
  }));
  const heardTo = lastCoveredHourEnd(union(journal.coverage, held));
  const since = Math.max(
    stretchFrom,
    heardTo === null ? stretchFrom : heardTo + journal.lagSeconds,
  );
  // An accepted shutdown is no silence: what follows it has all of report_due to be heard of.
  const deferring = union(given.unaccountable, given.attested);
  return { since, fullAt: silenceFullAt(since, given.reportDueSeconds, deferring) };
}

/** The state that an hour has because nothing has been heard of it. */
export function stateOfSilence(
  hourEnd: Instant,
  silence: Silence,
  given: Circumstances,
): HourState {
  // What comes after the silence was full finds its hours overdue, and leaves them so.
  const waitedTo = Math.min(given.now, silence.fullAt);
  const excused = excusedUpTo(waitedTo, given.unaccountable);
  if (excused !== null && hourEnd <= excused) return hourState.excused;
  // Exactly report_due is not overdue yet.
  return given.now > silence.fullAt ? hourState.overdue : hourState.pending;
}

/** Decides one hour after the other; everything that is the same for all of them is computed once. */
function judgeOf(
  journal: JournalFacts,
  grid: HourGrid,
  given: Circumstances,
): (index: number, silence: Silence) => HourState {
  const { coverage } = journal;
  const expired = journal.held.filter(
    ({ recordedAt }) => given.now >= recordedAt + excusedAfterSeconds,
  );
  const excusable = union(
    coverage,
    given.attested,
    expired.map(({ interval }) => interval),
  );
  const known = union(
    excusable,
    journal.held.map(({ interval }) => interval),
  );
  const covered = secondsByHour(coverage, grid);
  const excusableSeconds = secondsByHour(excusable, grid);
  const knownSeconds = secondsByHour(known, grid);
  const attestedSeconds = secondsByHour(given.attested, grid);
  const silent = silentSources(journal, grid);
  const chainEnd = coverage.at(-1)?.to ?? Number.NEGATIVE_INFINITY;

  return (index, silence) => {
    const start = startOf(grid, index);
    const stop = start + secondsPerHour;
    if ((covered[index] ?? 0) >= countedSecondsMin) {
      if (silent[index] === 0) return hourState.counted;
      if ((attestedSeconds[index] ?? 0) >= countedSecondsMin) return hourState.excused;
      // Covered, but a declared source was not heard: the product may have been cut off, so this is no zero.
      return stop <= chainEnd ? hourState.uncounted : stateOfSilence(stop, silence, given);
    }
    if ((excusableSeconds[index] ?? 0) >= countedSecondsMin) return hourState.excused;
    // What the chain has stepped over cannot arrive any more.
    if (steppedOver(known, start, Math.min(stop, chainEnd)) > secondsPerHour - countedSecondsMin) {
      return hourState.uncounted;
    }
    if ((knownSeconds[index] ?? 0) >= countedSecondsMin) return hourState.pending;
    return stateOfSilence(stop, silence, given);
  };
}

function steppedOver(known: readonly Interval[], start: Instant, end: Instant): number {
  return end <= start ? 0 : end - start - secondsWithin(known, start, end);
}

/** 1 for each hour in which a source was declared all the time and never heard. */
function silentSources(journal: JournalFacts, grid: HourGrid): Uint8Array {
  const silent = new Uint8Array(grid.hours);
  for (const { from, to, heard } of journal.sources) {
    const touched = touchedByHour(heard, grid);
    const last = to === null ? grid.hours : indexTo(grid, to);
    for (let index = indexFrom(grid, from); index < last; index += 1) {
      if (touched[index] === 0) silent[index] = 1;
    }
  }
  return silent;
}

/** The end of the last hour with enough of its seconds in the list; null when there is none. */
function lastCoveredHourEnd(list: readonly Interval[]): Instant | null {
  const [first, last] = [list[0], list.at(-1)];
  if (first === undefined || last === undefined) return null;
  for (const from of [hourFloor(last.from), hourFloor(first.from)]) {
    const grid = gridOf(from, hourCeiling(last.to));
    const seconds = secondsByHour(clip(list, { from, to: last.to }), grid);
    const index = seconds.findLastIndex((covered) => covered >= countedSecondsMin);
    if (index !== -1) return startOf(grid, index + 1);
  }
  return null;
}
