/**
 * All that is recorded around a group of reports, read at once and kept up to date while the group is examined one
 * by one, so that the second report of a chain is judged with the first already in its place.
 */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "../store/database.ts";
import { type InstallationKeyRow, keysOf } from "../store/installation-keys.ts";
import { findInstallations, type InstallationRow } from "../store/installations.ts";
import { type JournalRow, journalsOf, lockJournals } from "../store/journals.ts";
import { type MeterRow, metersOf } from "../store/meters.ts";
import {
  findConflicts,
  findWithNeighbours,
  type StoredConflict,
  type StoredReport,
} from "../store/reports.ts";
import { findWindows, spokenWindows, type UsageWindow, type WindowKey } from "../store/usage.ts";
import type { Candidate } from "./candidate.ts";
import type { Facts } from "./examine.ts";
import { windowKey, windowsOf } from "./hourly-usage.ts";

export type WorkingSet = {
  readonly now: Instant;
  readonly installations: ReadonlyMap<string, InstallationRow>;
  readonly keys: ReadonlyMap<string, InstallationKeyRow>;
  readonly journals: Map<string, JournalRow>;
  readonly reports: Map<string, StoredReport>;
  readonly conflicts: Map<string, StoredConflict>;
  readonly meters: Map<string, MeterRow>;
  /** The hourly sums of the windows that the group has lines of. */
  readonly windows: Map<string, UsageWindow>;
  /** By journal: windows spoken of by reports of this very group. */
  readonly spoken: Map<string, Set<Instant>>;
  /** By journal: windows of this group that a journal it replaces had spoken of before the group. */
  readonly replacedSpoken: ReadonlyMap<string, ReadonlySet<Instant>>;
  /** By journal: those that it replaces, and those that they replace. */
  readonly ancestors: ReadonlyMap<string, readonly string[]>;
};

const ancestorsMax = 1000;

export const journalKey = (installation: string, journal: string): string =>
  `${installation} ${journal}`;
export const reportKey = (journal: string, sequence: number): string => `${journal} ${sequence}`;

/** Locks the journals of the candidates for the transaction. */
export async function loadWorkingSet(
  transaction: Queryable,
  candidates: readonly Candidate[],
  now: Instant,
): Promise<WorkingSet> {
  const ids = [...new Set(candidates.map(({ name }) => name.installation))];
  const names = candidates.map(({ name }) => name);
  // Sent together and answered in this order: whatever follows the lock sees all that was recorded before it.
  const [locked, reports, conflicts, meters, windows, signers] = await Promise.all([
    lockJournals(transaction, journalsNamed(candidates), now),
    findWithNeighbours(transaction, names),
    findConflicts(transaction, names),
    metersOf(transaction, ids),
    findWindows(transaction, windowsNamed(candidates)),
    loadSigners(transaction, candidates),
  ]);
  const lineage = await loadLineage(transaction, candidates);
  return {
    now,
    ...signers,
    journals: indexed(locked, (row) => journalKey(row.installation_id, row.journal)),
    reports: indexed(reports, (r) =>
      reportKey(journalKey(r.installation_id, r.journal), r.sequence),
    ),
    conflicts: indexed(conflicts, (c) =>
      conflictKey(journalKey(c.installation_id, c.journal), c.sequence, c.digest),
    ),
    meters: indexed(meters, (meter) => meterKey(meter.installation_id, meter.name)),
    windows: indexed(windows, (window) => windowKey(window, window.window)),
    spoken: new Map(),
    ...lineage,
  };
}

export function factsFor(set: WorkingSet, candidate: Candidate): Facts {
  const { installation, sequence, previous } = candidate.name;
  const journal = journalKey(installation, candidate.name.journal);
  const reportAt = (n: number) => set.reports.get(reportKey(journal, n)) ?? null;
  const ancestors = set.ancestors.get(journal) ?? [];
  return {
    now: set.now,
    installation: existing(set.installations.get(installation)),
    key: existing(set.keys.get(candidate.signer.keyId)),
    journal: existing(set.journals.get(journal)),
    same: reportAt(sequence),
    before: reportAt(sequence - 1),
    after: reportAt(sequence + 1),
    conflict: set.conflicts.get(conflictKey(journal, sequence, candidate.digest)) ?? null,
    followsConflict:
      previous !== null && set.conflicts.has(conflictKey(journal, sequence - 1, previous)),
    meterOf: (name) => set.meters.get(meterKey(installation, name)) ?? null,
    isSpoken: (window) =>
      set.replacedSpoken.get(journal)?.has(window) === true ||
      ancestors.some((ancestor) => set.spoken.get(journalKey(installation, ancestor))?.has(window)),
  };
}

/** The installations that the candidates' keys belong to, and the keys as they stand now. */
export async function loadSigners(
  transaction: Queryable,
  candidates: readonly Candidate[],
): Promise<Pick<WorkingSet, "installations" | "keys">> {
  const ids = [...new Set(candidates.map(({ name }) => name.installation))];
  const [installations, keys] = await Promise.all([
    findInstallations(transaction, ids),
    keysOf(transaction, ids),
  ]);
  return {
    installations: indexed(installations, ({ id }) => id),
    keys: indexed(keys, (key) => `${key.installation_id}.${key.number}`),
  };
}

/** Its key has been removed since its signature was verified: it is nobody's. */
export function isKeyRemoved(set: Pick<WorkingSet, "keys">, candidate: Candidate): boolean {
  const key = set.keys.get(candidate.signer.keyId);
  return key === undefined || key.state === "removed";
}

export function conflictKey(journal: string, sequence: number, digest: string): string {
  return `${reportKey(journal, sequence)} ${digest}`;
}

export function meterKey(installation: string, name: string): string {
  return `${installation} ${name}`;
}

/** Each with each key that something of it was signed with. */
function journalsNamed(
  candidates: readonly Candidate[],
): { installation: string; journal: string; signedWith: string }[] {
  const named = candidates.map(({ name, signer }) => {
    return { installation: name.installation, journal: name.journal, signedWith: signer.number };
  });
  const keyOf = (n: (typeof named)[number]) =>
    `${journalKey(n.installation, n.journal)} ${n.signedWith}`;
  return [...indexed(named, keyOf).values()];
}

function windowsNamed(candidates: readonly Candidate[]): WindowKey[] {
  const named = candidates.flatMap(({ name, content }) =>
    content === null ? [] : windowsOf(name, content),
  );
  return [...indexed(named, (key) => windowKey(key, key.window)).values()];
}

/** Only for reports of journals that replace another: nearly none. */
async function loadLineage(
  transaction: Queryable,
  candidates: readonly Candidate[],
): Promise<Pick<WorkingSet, "ancestors" | "replacedSpoken">> {
  const ancestors = new Map<string, readonly string[]>();
  const replacedSpoken = new Map<string, Set<Instant>>();
  for (const { name, content } of candidates) {
    if (content === null || content.replaces === null || content.lines.length === 0) continue;
    const key = journalKey(name.installation, name.journal);
    const line =
      ancestors.get(key) ??
      lineOf(await journalsOf(transaction, [name.installation]), content.replaces.journal);
    ancestors.set(key, line);
    const windows = [...new Set(content.lines.map(({ window }) => window))];
    const spoken = await spokenWindows(transaction, name.installation, line, windows);
    replacedSpoken.set(key, new Set([...(replacedSpoken.get(key) ?? []), ...spoken]));
  }
  return { ancestors, replacedSpoken };
}

function lineOf(journals: readonly JournalRow[], first: string): string[] {
  const replacedBy = new Map(journals.map((row) => [row.journal, row.replaces?.journal ?? null]));
  const line: string[] = [];
  let next: string | null = first;
  while (next !== null && !line.includes(next) && line.length < ancestorsMax) {
    line.push(next);
    next = replacedBy.get(next) ?? null;
  }
  return line;
}

function indexed<Value>(
  values: readonly Value[],
  keyOf: (value: Value) => string,
): Map<string, Value> {
  return new Map(values.map((value) => [keyOf(value), value]));
}

function existing<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new RangeError("the working set lacks what was loaded for it");
  return value;
}
