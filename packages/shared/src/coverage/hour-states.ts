/**
 * The hours of a period, told apart for each journal and installation: counted, pending, uncounted, excused, overdue.
 *
 *   facts ─► hours expected of the installation ─► states of each journal ─► the worst of them ─► counts, gaps, history
 */

import type { Instant, Interval } from "../time/instant.ts";
import { hourFloor } from "../time/instant.ts";
import { historyOf } from "./history.ts";
import type { History } from "./history.ts";
import type { HourFacts, InstallationFacts } from "./hour-facts.ts";
import type { HourGrid } from "./hour-grid.ts";
import { gridOf, hourState, rangesOf } from "./hour-grid.ts";
import type { Unattended } from "./installation-hours.ts";
import { statesOfInstallation } from "./installation-hours.ts";
import { union } from "./intervals.ts";
import type { Circumstances, Silence } from "./journal-hours.ts";
import { excusedAfterSeconds } from "./silence.ts";
import type { HourCounts } from "./hours-of-period.ts";

export type JournalHours = {
  readonly journal: string;
  readonly counts: HourCounts;
  /** Uncounted and overdue hours. */
  readonly missing: readonly Interval[];
  readonly history: History | null;
  readonly silence: Silence | null;
  /** When the last undecided report that holds hours back is excused; null when none is held. */
  readonly heldUntil: Instant | null;
};

export type InstallationHours = {
  readonly installation: string;
  readonly counts: HourCounts;
  readonly missing: readonly Interval[];
  readonly journals: readonly JournalHours[];
  readonly unattended: readonly Unattended[];
  /** The vendor's own outages and what kept this one from reporting, as one list. */
  readonly unaccountable: readonly Interval[];
};

export type HourStates = {
  /** The period's end, or the last whole hour while it is still running. */
  readonly evaluatedTo: Instant;
  readonly total: HourCounts;
  readonly installations: readonly InstallationHours[];
};

export function hourStates(facts: HourFacts): HourStates {
  const { period, now } = facts;
  const evaluatedTo = Math.max(period.from, Math.min(period.to, hourFloor(now)));
  const grid = gridOf(period.from, evaluatedTo);
  const installations = facts.installations.map((one) => hoursOfInstallation(one, facts, grid));
  return { evaluatedTo, total: sumOf(installations.map(({ counts }) => counts)), installations };
}

function hoursOfInstallation(
  installation: InstallationFacts,
  facts: HourFacts,
  grid: HourGrid,
): InstallationHours {
  const given: Circumstances = {
    now: facts.now,
    reportDueSeconds: facts.reportDueSeconds,
    unaccountable: union(facts.outages, installation.unaccountable),
    attested: union(installation.attested),
  };
  const found = statesOfInstallation(installation, facts.term, grid, given);
  const journals = found.journals.map(({ facts: journal, states, silence }) => {
    const missing = missingOf(states, grid);
    const first = missing[0];
    const held = journal.held.map(({ recordedAt }) => recordedAt + excusedAfterSeconds);
    return {
      journal: journal.journal,
      counts: countsOf(states),
      missing,
      history: first === undefined ? null : historyOf(journal, installation, first.from, given),
      silence,
      heldUntil: held.length === 0 ? null : Math.max(...held),
    };
  });
  return {
    installation: installation.installation,
    counts: countsOf(found.states),
    missing: missingOf(found.states, grid),
    journals,
    unattended: found.unattended,
    unaccountable: given.unaccountable,
  };
}

function missingOf(states: Uint8Array, grid: HourGrid): Interval[] {
  return rangesOf(
    states,
    grid,
    (state) => state === hourState.uncounted || state === hourState.overdue,
  );
}

function countsOf(states: Uint8Array): HourCounts {
  const tally = [0, 0, 0, 0, 0, 0];
  for (const state of states) tally[state] = (tally[state] ?? 0) + 1;
  const of = (state: number) => tally[state] ?? 0;
  return {
    expected: states.length - of(hourState.unexpected),
    counted: of(hourState.counted),
    pending: of(hourState.pending),
    uncounted: of(hourState.uncounted),
    excused: of(hourState.excused),
    overdue: of(hourState.overdue),
  };
}

function sumOf(all: readonly HourCounts[]): HourCounts {
  const sum = (pick: (counts: HourCounts) => number) =>
    all.reduce((total, counts) => total + pick(counts), 0);
  return {
    expected: sum(({ expected }) => expected),
    counted: sum(({ counted }) => counted),
    pending: sum(({ pending }) => pending),
    uncounted: sum(({ uncounted }) => uncounted),
    excused: sum(({ excused }) => excused),
    overdue: sum(({ overdue }) => overdue),
  };
}
