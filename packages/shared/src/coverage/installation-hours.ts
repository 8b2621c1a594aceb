/** The hours of one installation: counted when every journal expected in it is, else as bad as the worst of them. */

import type { Instant, Interval } from "../time/instant.ts";
import { hourCeiling, hourFloor, secondsPerHour } from "../time/instant.ts";
import type { Term } from "../time/period.ts";
import type { InstallationFacts, JournalFacts } from "./hour-facts.ts";
import type { HourGrid, HourState } from "./hour-grid.ts";
import { countedSecondsMin, hourState, indexFrom, indexTo, startOf } from "./hour-grid.ts";
import { clip, endless, intersect, secondsWithin, subtract, union } from "./intervals.ts";
import type { Circumstances, Silence } from "./journal-hours.ts";
import { expectedHours, silenceOf, stateOfSilence, statesOfJournal } from "./journal-hours.ts";

export type JournalStates = {
  readonly facts: JournalFacts;
  readonly states: Uint8Array;
  /** Of the last stretch in which it is expected; null when it is expected in none, or was heard to its end and nothing is pending. */
  readonly silence: Silence | null;
};

export type InstallationStates = {
  readonly states: Uint8Array;
  readonly journals: readonly JournalStates[];
  readonly unattended: readonly Unattended[];
};

/** A stretch in which something should report and no journal is expected to, with its pending hours in the grid. */
export type Unattended = {
  readonly interval: Interval;
  readonly silence: Silence;
  readonly pending: number;
};

/** Whole hours in which the installation is expected: in the term, not before it first reported or had to, while assigned. */
export function expectedOfInstallation(facts: InstallationFacts, term: Term): Interval[] {
  const begun = Math.min(facts.firstAcceptedCoverage ?? endless, facts.firstReportBy);
  const bounds = {
    from: Math.max(term.from, begun),
    to: Math.min(term.to ?? endless, facts.retiredAt ?? endless),
  };
  if (bounds.from >= bounds.to) return [];
  return clip(union(facts.assigned), bounds)
    .map(({ from, to }) => ({ from: hourCeiling(from), to: hourFloor(to) }))
    .filter(({ from, to }) => from < to);
}

export function statesOfInstallation(
  facts: InstallationFacts,
  term: Term,
  grid: HourGrid,
  given: Circumstances,
): InstallationStates {
  const expected = expectedOfInstallation(facts, term);
  const journals = facts.journals.map((journal) => {
    const stretches = intersect(expected, [expectedHours(journal)]);
    const last = stretches.at(-1);
    const states = statesOfJournal(journal, stretches, grid, given);
    return {
      facts: journal,
      states,
      silence: last === undefined ? null : runningSilence(journal, states, last, given),
    };
  });
  const states = worstOf(journals, grid);
  const unattended = subtract(expected, union(facts.journals.map(expectedHours))).map(
    (interval): Unattended => {
      const stretch = { interval, silence: silenceOf(nobody, interval.from, given) };
      const [first, last] = [indexFrom(grid, interval.from), indexTo(grid, interval.to)];
      for (let index = first; index < last; index += 1) {
        states[index] = stateOfSeam(startOf(grid, index), stretch, journals, given, index);
      }
      const pending = states
        .subarray(first, Math.max(first, last))
        .filter((state) => state === hourState.pending).length;
      return { ...stretch, pending };
    },
  );
  return { states, journals, unattended };
}

function runningSilence(
  journal: JournalFacts,
  states: Uint8Array,
  stretch: Interval,
  given: Circumstances,
): Silence | null {
  const silence = silenceOf(journal, stretch.from, given);
  // A host whose clock is behind is silent from later than its hours.
  const awaited = silence.since < stretch.to || states.includes(hourState.pending);
  return awaited ? silence : null;
}

function worstOf(journals: readonly JournalStates[], grid: HourGrid): Uint8Array {
  const worst = new Uint8Array(grid.hours);
  for (const { states } of journals) {
    for (let index = 0; index < grid.hours; index += 1) {
      const state = states[index] ?? 0;
      if (state > (worst[index] ?? 0)) worst[index] = state;
    }
  }
  return worst;
}

/**
 * An hour in which no journal is expected from end to end. Where one hands over to the next they count together;
 * where one died, the hour is missing with the rest of its hours; otherwise nothing is heard since the stretch began.
 */
function stateOfSeam(
  start: Instant,
  stretch: { readonly interval: Interval; readonly silence: Silence },
  journals: readonly JournalStates[],
  given: Circumstances,
  index: number,
): HourState {
  const stop = start + secondsPerHour;
  const parts = journals.filter(
    ({ facts }) => facts.expectedFrom < stop && (facts.expectedTo ?? endless) > start,
  );
  const covered = union(...parts.map(({ facts }) => facts.coverage));
  if (secondsWithin(covered, start, stop) >= countedSecondsMin) return hourState.counted;
  const excusable = union(covered, given.attested);
  if (secondsWithin(excusable, start, stop) >= countedSecondsMin) return hourState.excused;
  const dead = parts.find(({ facts }) => endedSilently(facts, stop));
  if (dead !== undefined) {
    const since = Math.min(stretch.silence.since, dead.silence?.since ?? endless);
    const state = stateOfSilence(stop, silenceOf(nobody, since, given), given);
    dead.states[index] = state;
    return state;
  }
  const handedOver =
    stretch.interval.to - stretch.interval.from === secondsPerHour &&
    parts.some(({ facts }) => facts.expectedFrom > start);
  // Closed in good order and begun anew within the hour: nothing more can arrive.
  return handedOver ? hourState.uncounted : stateOfSilence(stop, stretch.silence, given);
}

/** Whether the journal's coverage breaks off before the end that was expected of it. */
function endedSilently(facts: JournalFacts, stop: Instant): boolean {
  const covered = facts.coverage.at(-1)?.to ?? Number.NEGATIVE_INFINITY;
  const tolerated = secondsPerHour - countedSecondsMin;
  return covered + tolerated < Math.min(facts.expectedTo ?? endless, stop);
}

/** Whose silence is that of a stretch in which no journal is expected. */
const nobody: JournalFacts = {
  journal: "",
  expectedFrom: 0,
  expectedTo: null,
  coverage: [],
  held: [],
  sources: [],
  lagSeconds: 0,
};
