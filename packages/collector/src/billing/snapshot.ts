/**
 * One look at everything that a statement rests on, in the transaction that is to book it:
 *
 *   assignments ─► journals, coverage, held reports ─► facts ─► hour states ─► close status
 *               └► usage, history of what is missing ─────────────────────────► statement inputs, cut
 */

import { carriesState } from "@submeter/shared/contracts/carried-state";
import { contractTerms } from "@submeter/shared/contracts/contract-terms";
import { type CloseStatus, closeStatus } from "@submeter/shared/coverage/close";
import { freezeHours } from "@submeter/shared/coverage/freeze-hours";
import { historySeconds } from "@submeter/shared/coverage/history";
import { type HourStates, hourStates } from "@submeter/shared/coverage/hour-states";
import type { HoursOfPeriod } from "@submeter/shared/coverage/hours-of-period";
import type { Carry } from "@submeter/shared/rating/carry";
import { decodeStatement } from "@submeter/shared/rating/compute-statement";
import type {
  PeriodOfStatement,
  StatementInputs,
  UsageRow,
} from "@submeter/shared/rating/statement-inputs";
import {
  formatInstant,
  type Instant,
  type Interval,
  parseInstant,
} from "@submeter/shared/time/instant";
import type { Period } from "@submeter/shared/time/period";
import type { Dimensions } from "@submeter/shared/wire/dimensions";
import { outages, unaccountable } from "../fleet/availability.ts";
import type { Queryable } from "../store/database.ts";
import {
  type AssignmentRow,
  assignmentsOf,
  coverageOf,
  heldReportsOf,
  type JournalRow,
  journalsOf,
  usageOf,
  type UsageRowStored,
} from "../store/evidence.ts";
import { attestedOf } from "../store/shutdowns.ts";
import type { Scope } from "../store/periods.ts";
import { type CutEntry, documentBefore } from "../store/statements.ts";
import { type Agreement, runOf, versionFor } from "./agreement.ts";
import { type Evidence, hourFactsOf } from "./hour-facts-of.ts";
import { historyRowsOf } from "./history-rows.ts";
import { adjustmentsForRating } from "./usage-adjustments.ts";

export type Snapshot = {
  readonly inputs: StatementInputs;
  readonly cut: readonly CutEntry[];
  readonly contractVersion: number;
  readonly states: HourStates;
  readonly close: CloseStatus;
  /** Where what it rests on begins, when that is before the period: the history of an estimate. */
  readonly restsOnFrom: Instant | null;
  /** Whose reports it rests on. */
  readonly installations: readonly string[];
};

export type Subject = {
  readonly agreement: Agreement;
  readonly scope: Scope;
  readonly period: Period;
  /** Whose fees in advance stand on this statement; of an opening the period itself. */
  readonly advance: Period | null;
  readonly anchor: Instant | null;
  readonly number: number;
};

/** `db` must be one repeatable-read transaction: the cut says exactly what the snapshot had seen. */
export async function takeSnapshot(
  db: Queryable,
  subject: Subject,
  now: Instant,
): Promise<Snapshot> {
  return subject.scope === "opening"
    ? openingSnapshot(subject, now)
    : periodSnapshot(db, subject, now);
}

async function periodSnapshot(db: Queryable, subject: Subject, now: Instant): Promise<Snapshot> {
  const { agreement, period } = subject;
  const { contract, plan, version } = versionFor(agreement, period.from);
  const estimates = contractTerms(contract).fallback === "estimate";
  const evidence = await readEvidence(db, agreement, period, now, estimates ? historySeconds : 0);
  const run = runOf(agreement);
  const facts = hourFactsOf(evidence, { now, period, run, contract });
  const states = hourStates(facts);
  const hours = freezeHours(states);
  const installations = facts.installations.map((one) => one.installation);
  const since = countedSince(subject);
  const usage = await usageOf(db, agreement.customer, installations, since, period.to);
  const history = estimates ? await historyRowsOf(db, agreement.customer, hours) : [];
  const framed = frame(subject, now);
  return {
    inputs: {
      ...framed,
      plan,
      contract,
      carried: { ...framed.carried, ...(await carryBefore(db, subject)) },
      cut: evidence.journals.map((row) => ({
        installation: row.installation_id,
        journal: row.journal,
        through: row.through,
      })),
      hours,
      usage: usage.map((row) => usageRow(row, period.from)),
      history,
      ...(await adjustmentsForRating(db, agreement.customer, period)),
    },
    cut: evidence.journals.map(cutEntry),
    contractVersion: version,
    states,
    close: closeStatus(facts, states, contractTerms(contract).graceSeconds),
    restsOnFrom: earlierOf(estimates ? historyFrom(hours) : null, since, period.from),
    installations,
  };
}

/**
 * Usage before a frozen anchor, which is told only later, falls into the first period: no other one has its hours, and what
 * was used must not be free by being late.
 */
function countedSince({ agreement, period, anchor }: Subject): Instant {
  const { contract } = versionFor(agreement, period.from);
  const { cycle } = contract;
  const isFirst =
    cycle.every !== "month" && cycle.anchor === "first_usage" && period.from === anchor;
  return isFirst ? Math.min(runOf(agreement).from, period.from) : period.from;
}

function earlierOf(history: Instant | null, since: Instant, periodFrom: Instant): Instant | null {
  const earliest = Math.min(history ?? periodFrom, since);
  return earliest < periodFrom ? earliest : null;
}

/** What the period before hands on; nothing where plan and contract carry no state. */
async function carryBefore(db: Queryable, { agreement, period }: Subject): Promise<Carry> {
  const { contract, plan } = versionFor(agreement, period.from);
  if (!carriesState(contract, plan)) return {};
  const document = await documentBefore(db, agreement.id, period.from);
  return document === null ? {} : (decodeStatement(document).carry ?? {});
}

/** Fees in advance of the first period: nothing is counted for them and nothing is awaited. */
function openingSnapshot(subject: Subject, now: Instant): Snapshot {
  const { agreement, period } = subject;
  const { contract, plan, version } = versionFor(agreement, period.from);
  return {
    inputs: {
      ...frame(subject, now),
      plan,
      contract,
      cut: [],
      hours: noHours(period),
      usage: [],
      history: [],
    },
    cut: [],
    contractVersion: version,
    states: { evaluatedTo: period.from, total: noHours(period).total, installations: [] },
    close: { closeable: true, obstacles: [], earliest: period.from, latest: period.from },
    restsOnFrom: null,
    installations: [],
  };
}

function historyFrom({ installations }: HoursOfPeriod): Instant | null {
  const starts = installations
    .flatMap(({ journals }) => journals)
    .flatMap(({ history }) => (history === null ? [] : [parseInstant(history.from)]));
  return starts.length === 0 ? null : Math.min(...starts);
}

async function readEvidence(
  db: Queryable,
  agreement: Agreement,
  period: Period,
  now: Instant,
  lookbackSeconds: number,
): Promise<Evidence> {
  const { assignments, installations } = await assignedIn(db, agreement, period);
  const journals = await journalsOf(db, installations);
  const coverage = await coverageOf(db, installations, { ...period, lookbackSeconds });
  // What never covered anything is silent from when it was first to report: at the earliest when it came here.
  const silentFrom = assignments.map(({ from_at }) => Math.max(from_at, runOf(agreement).from));
  const since = Math.min(earliestOf(coverage, period.from), ...silentFrom);
  const lost = new Map<string, Interval[]>();
  for (const installation of installations) {
    lost.set(installation, await unaccountable(db, installation, since, now));
  }
  return {
    assignments,
    journals,
    coverage,
    held: await heldReportsOf(db, installations),
    outages: await outages(db, since, now),
    unaccountable: lost,
    attested: await attestedOf(db, installations),
  };
}

/** The installations that were the customer's in the period, each with all its time under this contract. */
export async function assignedIn(
  db: Queryable,
  agreement: Agreement,
  period: Interval,
): Promise<{ assignments: AssignmentRow[]; installations: string[] }> {
  const run = runOf(agreement);
  // Not only the period's: how long a gap is, and what was counted before it, goes by the whole assignment.
  const all = await assignmentsOf(db, agreement.customer, run.from, run.to);
  const inPeriod = new Set(
    all
      .filter((row) => row.from_at < period.to && (row.to_at ?? Infinity) > period.from)
      .map((row) => row.installation_id),
  );
  const assignments = all.filter((row) => inPeriod.has(row.installation_id));
  return { assignments, installations: [...inPeriod] };
}

function earliestOf(
  coverage: readonly { coverage: readonly (readonly [Instant, Instant])[] }[],
  from: Instant,
): Instant {
  return coverage.reduce((earliest, row) => Math.min(earliest, row.coverage[0]?.[0] ?? from), from);
}

function frame(subject: Subject, now: Instant) {
  const { scope, number, period, advance, anchor } = subject;
  return {
    version: 1 as const,
    scope,
    number,
    as_of: formatInstant(now),
    period: periodOf(period),
    advance: advance === null ? null : periodOf(advance),
    carried: { anchor: anchor === null ? null : formatInstant(anchor) },
  };
}

export function periodOf({ from, to, cycle }: Period): PeriodOfStatement {
  return {
    from: formatInstant(from),
    to: formatInstant(to),
    cycle_from: formatInstant(cycle.from),
    cycle_to: formatInstant(cycle.to),
  };
}

/** What lies before the period is counted in its first hour. */
function usageRow(row: UsageRowStored, periodFrom: Instant): UsageRow {
  return {
    installation: row.installation_id,
    journal: row.journal,
    window: formatInstant(Math.max(row.window_start, periodFrom)),
    meter: row.meter,
    dimensions: JSON.parse(row.dimensions) as Dimensions,
    quantity: row.quantity,
  };
}

function cutEntry(row: JournalRow): CutEntry {
  return {
    installation: row.installation_id,
    journal: row.journal,
    through: String(row.through),
    revision: String(row.revision),
  };
}

function noHours(period: Period): HoursOfPeriod {
  const total = { expected: 0, counted: 0, pending: 0, uncounted: 0, excused: 0, overdue: 0 };
  return { evaluated_to: formatInstant(period.from), total, installations: [] };
}
