/** The state of an installation as of now: who reports, who is late and since when, and when the minimum starts. */

import { union } from "@submeter/shared/coverage/intervals";
import { accountableSeconds, silenceFullAt } from "@submeter/shared/coverage/silence";
import { type Instant, type Interval, secondsPerHour } from "@submeter/shared/time/instant";
import type { Queryable } from "../store/database.ts";
import type { FleetState } from "../store/fleet-states.ts";
import type { AssignmentRow, InstallationRow } from "../store/installations.ts";
import { assignmentsOf } from "../store/installations.ts";
import { type JournalRow, journalsOf } from "../store/journals.ts";
import { newestAges, undecidedCounts } from "../store/report-lists.ts";
import { unaccountableOf } from "./availability.ts";
import { expectedNow, leastProven, provenHourEnd, silenceStart } from "./reporting.ts";
import { attestedOf } from "../store/shutdowns.ts";

export type FleetItem = {
  installation: string;
  customer: string | null;
  state: FleetState;
  lastCovered: Instant | null;
  silentFrom: Instant | null;
  silentSeconds: number | null;
  fallbackFrom: Instant | null;
  journals: { expected: number; dead: number };
  backlog: number | null;
  agentVersion: string | null;
  clockSkewMs: number | null;
  diskFreeBytes: number | null;
  /** Reports that wait for a decision. */
  quarantined: number;
  /** By the contract in force; null without one. */
  reportDueSeconds: number | null;
  /** When its silence is so many hours from being full, soonest last; empty where no contract counts them. */
  approaches: readonly { hoursLeft: number; at: Instant }[];
  /** When time alone makes something else of it; null when nothing will. */
  nextAt: Instant | null;
};

export type OverviewContext = {
  database: Queryable;
  now: Instant;
  /** Seconds by installation, of the contracts in force; without a contract 72 hours tell late from offline. */
  reportDueSeconds: ReadonlyMap<string, number>;
  /** When the silence of one that never reported begins to count, by installation. */
  firstReportDue: ReadonlyMap<string, Instant>;
};

const dueSecondsDefault = 72 * secondsPerHour;
const intervalSecondsDefault = 3600;
/** An hour is proven by the report after it, which may take an interval and be tried again for a while. */
const latenessSecondsMax = 2 * secondsPerHour;
/** Beyond it a clock is told apart (billing rules, case 34). */
const clockSkewMsMax = 300_000;
/** Told before the minimum starts: of the usual 72 hours the 24th, the 48th and the 60th. */
const hoursLeftTold = [48, 24, 12];

export async function fleetOverview(
  context: OverviewContext,
  installations: readonly InstallationRow[],
): Promise<FleetItem[]> {
  const { database, now } = context;
  const ids = installations.map(({ id }) => id);
  const rows = await journalsOf(database, ids);
  const journals = Map.groupBy(rows, (row) => row.installation_id);
  const assignments = Map.groupBy(await assignmentsOf(database, ids), (a) => a.installation_id);
  const undecided = Map.groupBy(await undecidedCounts(database, ids), (u) => u.installation_id);
  const covered = rows.map((row) => row.covered_through ?? now);
  const since = covered.reduce((a, b) => Math.min(a, b), now) - secondsPerHour;
  const lost = await unaccountableOf(database, ids, since, now);
  const attested = await attestedOf(database, ids);
  const ages = await newestAges(database, ids);
  return installations.map((installation) => {
    const { id } = installation;
    return itemOf(context, installation, {
      journals: journals.get(id) ?? [],
      assignments: assignments.get(id) ?? [],
      undecided: undecided.get(id) ?? [],
      lost: union(lost.get(id) ?? [], attested.get(id) ?? []),
      ages: new Map(
        ages.filter((age) => age.installation_id === id).map((age) => [age.journal, age.seconds]),
      ),
    });
  });
}

type Known = {
  journals: readonly JournalRow[];
  assignments: readonly AssignmentRow[];
  undecided: readonly { code: string | null; count: number }[];
  /** Silence that counts against nobody: the vendor's side could not be reached, or a shutdown was accepted. */
  lost: readonly Interval[];
  /** How long after it was sealed a journal's newest report came. */
  ages: ReadonlyMap<string, number | null>;
};

function itemOf(context: OverviewContext, installation: InstallationRow, known: Known): FleetItem {
  const { now } = context;
  const { id } = installation;
  const expected = expectedNow(known.journals, now);
  const due = context.reportDueSeconds.get(id) ?? null;
  const lastCovered = leastProven(expected);
  const silentFrom = silenceStart(expected, known.ages, due ?? dueSecondsDefault, now);
  const silentSeconds =
    silentFrom === null ? null : accountableSeconds(silentFrom, now, known.lost);
  const newest = known.journals.toSorted((a, b) => a.last_recorded_at - b.last_recorded_at).at(-1);
  const isDead = ({ covered_through: end }: JournalRow): boolean =>
    end !== null &&
    accountableSeconds(provenHourEnd(end), now, known.lost) > (due ?? dueSecondsDefault);
  const of = { expected, silentSeconds, due, now, skewMs: newest?.clock_skew_ms ?? 0 };
  const state = stateOf(installation, known, of);
  const fullAt = (seconds: number) =>
    silentFrom === null ? null : silenceFullAt(silentFrom, seconds, known.lost);
  const fallbackFrom =
    lastCovered === null
      ? (context.firstReportDue.get(id) ?? null)
      : due === null
        ? null
        : fullAt(due);
  const approaches =
    due === null || state === "retired"
      ? []
      : state === "never_reported"
        ? approachesOf(due, (seconds) => fallbackFrom && fallbackFrom - due + seconds)
        : approachesOf(due, (seconds) => fullAt(seconds));
  const turns = [
    installation.retired_at,
    state === "never_reported" ? fallbackFrom : null,
    afterwards(fullAt(latenessOf(expected, due))),
    afterwards(fullAt(due ?? dueSecondsDefault)),
    ...approaches.map(({ at }) => at),
  ];
  return {
    installation: id,
    customer:
      known.assignments.find((a) => a.subject === "" && isRunning(a, now))?.customer_id ?? null,
    state,
    lastCovered,
    silentFrom,
    silentSeconds,
    fallbackFrom: state === "retired" ? null : fallbackFrom,
    journals: { expected: expected.length, dead: expected.filter(isDead).length },
    backlog: sumOrNull(expected.map((row) => row.backlog)),
    agentVersion: newest?.agent_version ?? null,
    clockSkewMs: newest?.clock_skew_ms ?? null,
    diskFreeBytes: leastOrNull(expected.map((row) => row.disk_free_bytes)),
    quarantined: known.undecided.reduce((sum, { count }) => sum + count, 0),
    reportDueSeconds: due,
    approaches,
    nextAt: leastOrNull([
      ...turns.map((at) => (at !== null && at > now ? at : null)),
      ...known.assignments.flatMap(({ from_at, to_at }) =>
        [from_at, to_at].map((at) => (at !== null && at > now ? at : null)),
      ),
    ]),
  };
}

function stateOf(
  installation: InstallationRow,
  known: Known,
  o: {
    expected: readonly JournalRow[];
    silentSeconds: number | null;
    due: number | null;
    now: Instant;
    skewMs: number;
  },
): FleetState {
  if (installation.retired_at !== null && installation.retired_at <= o.now) return "retired";
  if (known.journals.length === 0) return "never_reported";
  if (isForked(known, o.expected)) return "forked";
  const silent = o.silentSeconds ?? 0;
  if (silent > (o.due ?? dueSecondsDefault)) return "offline";
  if (silent > latenessOf(o.expected, o.due)) return "late";
  return Math.abs(o.skewMs) > clockSkewMsMax ? "skewed" : "reporting";
}

/**
 * Whose contract gives it longer than usual reports rarely by design (an air-gapped one that is carried out each month):
 * it is late when of its time only what is usual is left.
 */
function latenessOf(expected: readonly JournalRow[], due: number | null): number {
  const intervals = expected.map((row) => row.interval_seconds ?? intervalSecondsDefault);
  const lateness = intervals.reduce((a, b) => Math.max(a, b), intervalSecondsDefault);
  return Math.max(lateness + latenessSecondsMax, (due ?? 0) - dueSecondsDefault);
}

/** A journal and the one that replaced it both live, or what the new one says of the old one's hours waits. */
function isForked(known: Known, expected: readonly JournalRow[]): boolean {
  const living = new Set(expected.map(({ journal }) => journal));
  return (
    known.undecided.some(({ code }) => code === "window_overlaps_replaced") ||
    expected.some(({ replaces }) => replaces !== null && living.has(replaces.journal))
  );
}

function approachesOf(due: number, fullAt: (seconds: number) => Instant | null) {
  return hoursLeftTold.flatMap((hoursLeft) => {
    const seconds = due - hoursLeft * secondsPerHour;
    const at = seconds <= 0 ? null : fullAt(seconds);
    return at === null ? [] : [{ hoursLeft, at }];
  });
}

/** What is longer than it may be one second after it is full. */
function afterwards(full: Instant | null): Instant | null {
  return full === null ? null : full + 1;
}

function isRunning(assignment: AssignmentRow, now: Instant): boolean {
  return assignment.from_at <= now && (assignment.to_at === null || assignment.to_at > now);
}

function sumOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}

function leastOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => Math.min(a, b));
}
