/** When a period closes: at the first instant from its end and grace on at which no expected hour is pending. */

import type { Instant, Interval } from "../time/instant.ts";
import { secondsPerHour } from "../time/instant.ts";
import type { HourFacts } from "./hour-facts.ts";
import type { HourStates, InstallationHours } from "./hour-states.ts";
import { secondsWithin } from "./intervals.ts";
import { excusedAfterSeconds } from "./silence.ts";

/** After an outage of more than an hour the backlog gets a day to come in before anything is closed. */
export const quietSeconds = 24 * secondsPerHour;
const outageToleratedSeconds = secondsPerHour;

export type Obstacle =
  | { readonly code: "period_runs"; readonly until: Instant }
  | { readonly code: "grace"; readonly until: Instant }
  | { readonly code: "quiet_time"; readonly until: Instant }
  /** `until`: when report_due is full; the hours are overdue one second later. `journal` null: none is expected. */
  | {
      readonly code: "awaiting_reports";
      readonly until: Instant;
      readonly installation: string;
      readonly journal: string | null;
      readonly hours: number;
    }
  /** `until`: when the hours are excused if nobody decides before. */
  | {
      readonly code: "awaiting_decision";
      readonly until: Instant;
      readonly installation: string;
      readonly journal: string;
      readonly hours: number;
    };

export type CloseStatus = {
  /** Whether it can be closed at `facts.now`; unpriced usage may still keep it from closing by itself. */
  readonly closeable: boolean;
  readonly obstacles: readonly Obstacle[];
  /** The end and the grace. */
  readonly earliest: Instant;
  /** When it closes at the latest, by what is known now. */
  readonly latest: Instant;
};

export function closeStatus(
  facts: HourFacts,
  states: HourStates,
  graceSeconds: number,
): CloseStatus {
  const { now, period } = facts;
  const earliest = period.to + graceSeconds;
  const obstacles: Obstacle[] = [];
  if (now < period.to) obstacles.push({ code: "period_runs", until: period.to });
  if (now < earliest) obstacles.push({ code: "grace", until: earliest });
  const quiet = quietUntil(facts.outages, now);
  if (quiet !== null) obstacles.push({ code: "quiet_time", until: quiet });
  for (const installation of states.installations) obstacles.push(...awaited(installation));
  return {
    closeable: obstacles.length === 0 && states.total.pending === 0,
    obstacles,
    earliest,
    latest: latestClose(facts, states, earliest, quiet),
  };
}

/** The end of the quiet time after the last outage of more than an hour; null when it is over. */
function quietUntil(outages: readonly Interval[], now: Instant): Instant | null {
  const ends = outages
    .filter(({ from, to }) => to - from > outageToleratedSeconds && from < now)
    .map(({ to }) => to + quietSeconds)
    .filter((end) => now < end);
  return ends.length === 0 ? null : Math.max(...ends);
}

function awaited(hours: InstallationHours): Obstacle[] {
  const { installation } = hours;
  if (hours.counts.pending === 0) return [];
  const found: Obstacle[] = [];
  for (const { journal, counts, silence, heldUntil } of hours.journals) {
    if (counts.pending === 0) continue;
    const of = { installation, journal, hours: counts.pending };
    // While a decision is out, it may set the hours free before and after the silence is full.
    if (heldUntil !== null) found.push({ code: "awaiting_decision", until: heldUntil, ...of });
    else if (silence !== null) {
      found.push({ code: "awaiting_reports", until: silence.fullAt, ...of });
    }
  }
  for (const { silence, pending } of hours.unattended) {
    if (pending === 0) continue;
    const of = { installation, journal: null, hours: pending };
    found.push({ code: "awaiting_reports", until: silence.fullAt, ...of });
  }
  return found;
}

/** Billing rules, section 2, "Close": the greatest of three bounds, and the quiet time. */
function latestClose(
  facts: HourFacts,
  states: HourStates,
  earliest: Instant,
  quiet: Instant | null,
): Instant {
  const { period, now } = facts;
  const lost = states.installations.map(({ unaccountable }) =>
    Math.min(secondsWithin(unaccountable, period.to, now), excusedAfterSeconds),
  );
  const heldUntil = states.installations
    .flatMap(({ journals }) => journals)
    .filter(({ counts }) => counts.pending > 0)
    .map(({ heldUntil: until }) => until ?? 0);
  const due = period.to + facts.reportDueSeconds + greatest(lost) + silentLater(states, period.to);
  return Math.max(earliest, due, greatest(heldUntil), quiet ?? 0);
}

/** A host whose clock is behind falls silent later than its hours end. */
function silentLater(states: HourStates, periodTo: Instant): number {
  const since = states.installations
    .flatMap(({ journals }) => journals)
    .filter(({ counts }) => counts.pending > 0)
    .map(({ silence }) => (silence === null ? 0 : silence.since - periodTo));
  return greatest(since);
}

function greatest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}
