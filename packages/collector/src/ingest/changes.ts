/** What a group of reports changes, gathered while it is examined and written at once at the end. */

import type { JournalRow } from "../store/journals.ts";
import type { MeterRow } from "../store/meters.ts";
import type { NewConflict, NewReport, StoredReceipt } from "../store/reports.ts";
import type { NewShutdown } from "../store/shutdowns.ts";
import type { UsageWindow } from "../store/usage.ts";
import { type Candidate, type Content, hullOf, restatedFrom } from "./candidate.ts";
import type { Verdict } from "./examine.ts";
import { addUsage } from "./hourly-usage.ts";
import { noReceipt } from "./receipt-of.ts";
import { conflictKey, journalKey, meterKey, reportKey, type WorkingSet } from "./working-set.ts";

export type Changes = {
  readonly reports: NewReport[];
  /** Of `reports`, those that take the place of a rejected one. */
  readonly replacing: Set<NewReport>;
  readonly conflicts: NewConflict[];
  readonly meters: MeterRow[];
  readonly windows: Set<UsageWindow>;
  readonly shutdowns: NewShutdown[];
};

export function newChanges(): Changes {
  return {
    reports: [],
    replacing: new Set(),
    conflicts: [],
    meters: [],
    windows: new Set(),
    shutdowns: [],
  };
}

/** Answers what its receipt will stand in, once `giveReceipts` has made it. */
export function noteConflict(
  set: WorkingSet,
  changes: Changes,
  candidate: Candidate,
  verdict: Extract<Verdict, { kind: "conflict" }>,
): StoredReceipt {
  const { installation, journal, sequence, previous } = candidate.name;
  const conflict: NewConflict = {
    ...noReceipt,
    ...envelopeOf(candidate),
    installation_id: installation,
    journal,
    sequence,
    digest: candidate.digest,
    previous,
    stored_digest: verdict.storedDigest,
    code: verdict.code,
    recorded_at: set.now,
  };
  changes.conflicts.push(conflict);
  const key = conflictKey(journalKey(installation, journal), sequence, candidate.digest);
  set.conflicts.set(key, conflict);
  return conflict;
}

/** As {@link noteConflict}. */
export function noteRecorded(
  set: WorkingSet,
  changes: Changes,
  candidate: Candidate,
  verdict: Extract<Verdict, { kind: "record" }>,
): StoredReceipt {
  const { installation, sequence } = candidate.name;
  const journal = journalKey(installation, candidate.name.journal);
  const row = set.journals.get(journal);
  if (row === undefined) throw new RangeError("a report without its journal");
  const { outcome } = verdict;
  const updated = journalAfter(row, candidate, verdict, set.now);
  set.journals.set(journal, updated);
  const report = newReport(candidate, verdict, row, set.now);
  const key = reportKey(journal, sequence);
  if (set.reports.has(key)) changes.replacing.add(report);
  set.reports.set(key, report);
  changes.reports.push(report);
  const { content } = candidate;
  if (content !== null && outcome !== "rejected") {
    noteSpoken(set, journal, content);
    changes.shutdowns.push(...shutdownsOf(candidate.name, content));
  }
  if (content !== null && outcome === "accepted") {
    noteMeters(set, changes, installation, content);
    for (const window of addUsage(set.windows, candidate.name, content))
      changes.windows.add(window);
  }
  return report;
}

/** The journal as it stands after this report; `through` and the end of coverage follow when holes are filled. */
function journalAfter(
  row: JournalRow,
  candidate: Candidate,
  verdict: Extract<Verdict, { kind: "record" }>,
  now: number,
): JournalRow {
  const { sequence } = candidate.name;
  const { content } = candidate;
  const next = {
    ...row,
    revision: row.revision + 1,
    highest: Math.max(row.highest, sequence),
    last_recorded_at: now,
  };
  if (content === null || verdict.outcome === "rejected") return next;
  const counts = verdict.outcome === "accepted";
  const newest = sequence >= row.highest || row.interval_seconds === null;
  const firstCovered = content.coverage[0]?.[0] ?? null;
  return {
    ...next,
    public_key: row.public_key ?? content.publicKey ?? candidate.proofKey,
    replaces: content.replaces,
    ...(newest && {
      agent_version: content.agent.version,
      clock_skew_ms: content.agent.clockSkewMs,
      backlog: content.agent.backlog,
      disk_free_bytes: content.agent.diskFreeBytes,
      interval_seconds: content.intervalSeconds,
    }),
    ...(content.final && { final_sequence: sequence }),
    ...(content.final && counts && { final_at: content.coverage.at(-1)?.[1] ?? content.sealedAt }),
    ...(counts && { first_covered_at: earlier(row.first_covered_at, firstCovered) }),
  };
}

function newReport(
  candidate: Candidate,
  verdict: Extract<Verdict, { kind: "record" }>,
  before: JournalRow,
  now: number,
): NewReport {
  const { installation, journal, sequence, previous } = candidate.name;
  const { content, coverage } = candidate;
  const hull = hullOf(candidate);
  return {
    ...noReceipt,
    ...envelopeOf(candidate),
    installation_id: installation,
    journal,
    sequence,
    digest: candidate.digest,
    previous,
    outcome: verdict.outcome,
    code: verdict.code,
    decision: null,
    release_at: verdict.releaseAt,
    sealed_at: content?.sealedAt ?? null,
    recorded_at: now,
    revision: before.revision + 1,
    touched_from: hull?.[0] ?? null,
    touched_to: hull?.[1] ?? null,
    restates_from: restatedFrom(candidate, before),
    coverage,
    sources: content?.sources ?? null,
    covered_from: coverage?.[0]?.[0] ?? null,
    covered_to: coverage?.at(-1)?.[1] ?? null,
    final: content?.final ?? false,
    lines: content?.lines.length ?? 0,
  };
}

function envelopeOf(candidate: Candidate) {
  return {
    key_number: candidate.signer.number,
    body: candidate.body,
    signature_input: candidate.headers["signature-input"],
    signature: candidate.headers.signature,
  };
}

function noteSpoken(set: WorkingSet, journal: string, content: Content): void {
  const windows = set.spoken.get(journal) ?? new Set();
  for (const { window } of content.lines) windows.add(window);
  set.spoken.set(journal, windows);
}

function noteMeters(
  set: WorkingSet,
  changes: Changes,
  installation: string,
  content: Content,
): void {
  for (const row of metersOf(installation, content)) {
    const key = meterKey(installation, row.name);
    if (set.meters.has(key)) continue;
    set.meters.set(key, row);
    changes.meters.push(row);
  }
}

/** Also of a held report: whether a shutdown is accepted is a person's to say anyway. */
function shutdownsOf(name: Candidate["name"], content: Content): NewShutdown[] {
  const { installation, journal, sequence } = name;
  const { sealedAt: statedAt } = content;
  return content.shutdowns.map((shutdown, position) => {
    return { ...shutdown, installation, journal, sequence, position, statedAt };
  });
}

/** The meters that a report declares, as rows. */
export function metersOf(installation: string, content: Content): MeterRow[] {
  return content.meters.map(({ name, unit, aggregation, scale }) => ({
    installation_id: installation,
    name,
    unit,
    aggregation,
    scale,
  }));
}

/** One order everywhere, so that two transactions that see a meter first do not wait for each other in a ring. */
export function byName(a: MeterRow, b: MeterRow): number {
  const [left, right] = [meterKey(a.installation_id, a.name), meterKey(b.installation_id, b.name)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
