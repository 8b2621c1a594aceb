/** The fleet at a glance: who reports, who is late and since when, and when the minimum starts. */

import { union } from "@submeter/shared/coverage/intervals";
import { accountableSeconds, silenceFullAt } from "@submeter/shared/coverage/silence";
import { type Instant, type Interval, secondsPerHour } from "@submeter/shared/time/instant";
import type { Queryable } from "../store/database.ts";
import type { AssignmentRow, InstallationRow } from "../store/installations.ts";
import { assignmentsOf } from "../store/installations.ts";
import { type JournalRow, journalsOf } from "../store/journals.ts";
import { undecidedCounts } from "../store/report-lists.ts";
import { attestedOf } from "../store/shutdowns.ts";
import { unaccountableOf } from "./availability.ts";
import { expectedNow, leastProven, provenHourEnd } from "./reporting.ts";

export type FleetState = "reporting" | "late" | "offline" | "never_reported" | "forked" | "retired";

export type FleetItem = {
  installation: string;
  customer: string | null;
  state: FleetState;
  lastCovered: Instant | null;
  silentSeconds: number | null;
  fallbackFrom: Instant | null;
  journals: { expected: number; dead: number };
  backlog: number | null;
  agentVersion: string | null;
  clockSkewMs: number | null;
  /** Reports that wait for a decision. */
  quarantined: number;
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

export async function fleetOverview(
  context: OverviewContext,
  installations: readonly InstallationRow[],
): Promise<FleetItem[]> {
  const { database, now } = context;
  const ids = installations.map(({ id }) => id);
  const journals = Map.groupBy(await journalsOf(database, ids), (row) => row.installation_id);
  const assignments = Map.groupBy(await assignmentsOf(database, ids), (a) => a.installation_id);
  const undecided = Map.groupBy(await undecidedCounts(database, ids), (u) => u.installation_id);
  const covered = [...journals.values()].flat().map((row) => row.covered_through ?? now);
  const since = covered.reduce((a, b) => Math.min(a, b), now) - secondsPerHour;
  const lost = await unaccountableOf(database, ids, since, now);
  const attested = await attestedOf(database, ids);
  return installations.map((installation) => {
    const { id } = installation;
    return itemOf(context, installation, {
      journals: journals.get(id) ?? [],
      assignments: assignments.get(id) ?? [],
      undecided: undecided.get(id) ?? [],
      lost: union(lost.get(id) ?? [], attested.get(id) ?? []),
    });
  });
}

type Known = {
  journals: readonly JournalRow[];
  assignments: readonly AssignmentRow[];
  undecided: readonly { code: string | null; count: number }[];
  /** Silence that counts against nobody: the vendor's side could not be reached, or a shutdown was accepted. */
  lost: readonly Interval[];
};

function itemOf(context: OverviewContext, installation: InstallationRow, known: Known): FleetItem {
  const { now } = context;
  const { id } = installation;
  const expected = expectedNow(known.journals, now);
  const due = context.reportDueSeconds.get(id) ?? null;
  const lastCovered = leastProven(expected);
  const silentSeconds =
    lastCovered === null ? null : accountableSeconds(lastCovered, now, known.lost);
  const newest = known.journals.toSorted((a, b) => a.last_recorded_at - b.last_recorded_at).at(-1);
  const isDead = ({ covered_through: end }: JournalRow): boolean =>
    end !== null &&
    accountableSeconds(provenHourEnd(end), now, known.lost) > (due ?? dueSecondsDefault);
  const state = stateOf(installation, known, { expected, silentSeconds, due, now });
  return {
    installation: id,
    customer:
      known.assignments.find((a) => a.subject === "" && isRunning(a, now))?.customer_id ?? null,
    state,
    lastCovered,
    silentSeconds,
    fallbackFrom:
      state === "retired" ? null : fallbackFrom(context, id, lastCovered, due, known.lost),
    journals: { expected: expected.length, dead: expected.filter(isDead).length },
    backlog: sumOrNull(expected.map((row) => row.backlog)),
    agentVersion: newest?.agent_version ?? null,
    clockSkewMs: newest?.clock_skew_ms ?? null,
    quarantined: known.undecided.reduce((sum, { count }) => sum + count, 0),
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
  },
): FleetState {
  if (installation.retired_at !== null && installation.retired_at <= o.now) return "retired";
  if (known.journals.length === 0) return "never_reported";
  if (isForked(known, o.expected)) return "forked";
  const silent = o.silentSeconds ?? 0;
  if (silent > (o.due ?? dueSecondsDefault)) return "offline";
  const intervals = o.expected.map((row) => row.interval_seconds ?? intervalSecondsDefault);
  const interval = intervals.reduce((a, b) => Math.max(a, b), intervalSecondsDefault);
  return silent > interval + latenessSecondsMax ? "late" : "reporting";
}

/** A journal and the one that replaced it both live, or what the new one says of the old one's hours waits. */
function isForked(known: Known, expected: readonly JournalRow[]): boolean {
  const living = new Set(expected.map(({ journal }) => journal));
  return (
    known.undecided.some(({ code }) => code === "window_overlaps_replaced") ||
    expected.some(({ replaces }) => replaces !== null && living.has(replaces.journal))
  );
}

function fallbackFrom(
  context: OverviewContext,
  installation: string,
  lastCovered: Instant | null,
  due: number | null,
  lost: readonly Interval[],
): Instant | null {
  if (lastCovered === null) return context.firstReportDue.get(installation) ?? null;
  return due === null ? null : silenceFullAt(lastCovered, due, lost);
}

function isRunning(assignment: AssignmentRow, now: Instant): boolean {
  return assignment.from_at <= now && (assignment.to_at === null || assignment.to_at > now);
}

function sumOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}
