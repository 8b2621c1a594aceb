/**
 * One transaction for a group of reports:
 *
 *     lock journals ─► read what is around ─► examine one by one ─► fill holes, sign receipts ─► write ─► commit
 *
 * Nothing is claimed before it is written, and nothing in memory is the truth: the primary key of `reports` decides
 * what is a duplicate, under the lock of its journal.
 */

import type { CollectorIdentity } from "../fleet/collector-identity.ts";
import type { Clock } from "@submeter/shared/time/clock";
import type { Database, Queryable } from "../store/database.ts";
import { updateJournals } from "../store/journals.ts";
import { insertMeters } from "../store/meters.ts";
import type { BodyPartitions } from "../store/report-bodies.ts";
import {
  findStored,
  insertConflict,
  insertReports,
  replaceRejected,
  type StoredReceipt,
  type StoredReport,
} from "../store/reports.ts";
import { insertShutdown } from "../store/shutdowns.ts";
import { writeWindows } from "../store/usage.ts";
import type { Outcome } from "@submeter/shared/wire/receipt";
import type { Candidate } from "./candidate.ts";
import { examine } from "./examine.ts";
import { fillHoles } from "./fill-holes.ts";
import { giveReceipts } from "./receipt-of.ts";
import { byName, type Changes, newChanges, noteConflict, noteRecorded } from "./changes.ts";
import {
  factsFor,
  isKeyRemoved,
  journalKey,
  loadSigners,
  loadWorkingSet,
  reportKey,
  type WorkingSet,
} from "./working-set.ts";

export type Recorded =
  | {
      kind: "receipt";
      outcome: Outcome;
      duplicate: boolean;
      receipt: StoredReceipt;
      /** Of the installation's state: a hint in a header. */
      stateRevision: number | null;
    }
  | { kind: "key_removed" };

export type RecordContext = {
  /** Where groups are recorded: statements there go by key alone. */
  readonly recording: Database;
  readonly clock: Clock;
  readonly identity: CollectorIdentity;
  readonly partitions: BodyPartitions;
};

/** An answer for each candidate, in order. All of them are durable when it resolves, none when it rejects. */
export async function recordGroup(
  context: RecordContext,
  candidates: readonly Candidate[],
): Promise<Recorded[]> {
  await context.partitions.ensure(context.clock.now());
  return context.recording.transaction((transaction) => record(transaction, context, candidates));
}

async function record(
  transaction: Queryable,
  context: RecordContext,
  candidates: readonly Candidate[],
): Promise<Recorded[]> {
  const repeated = await answerRepeated(transaction, candidates);
  if (repeated !== null) return repeated;
  const set = await loadWorkingSet(transaction, candidates, context.clock.now());
  const changes = newChanges();
  const answers = candidates.map((candidate): Recorded => {
    if (isKeyRemoved(set, candidate)) return { kind: "key_removed" };
    const stateRevision =
      set.installations.get(candidate.name.installation)?.state_revision ?? null;
    const verdict = examine(candidate, factsFor(set, candidate));
    switch (verdict.kind) {
      case "duplicate": {
        const { stored } = verdict;
        const outcome = "outcome" in stored ? stored.outcome : "conflict";
        return { kind: "receipt", outcome, duplicate: true, receipt: stored, stateRevision };
      }
      case "conflict": {
        const receipt = noteConflict(set, changes, candidate, verdict);
        return { kind: "receipt", outcome: "conflict", duplicate: false, receipt, stateRevision };
      }
      case "record": {
        const receipt = noteRecorded(set, changes, candidate, verdict);
        const { outcome } = verdict;
        return { kind: "receipt", outcome, duplicate: false, receipt, stateRevision };
      }
    }
  });
  await Promise.all([
    giveReceipts(context.identity, [...changes.reports, ...changes.conflicts]),
    fillHoles(transaction, set, changes),
  ]);
  await write(transaction, set, changes);
  return answers;
}

/**
 * When the whole group has been recorded before, as after a lost answer, nothing needs a lock or a write. Null when
 * anything in it is new, or was rejected and so is examined anew.
 */
async function answerRepeated(
  transaction: Queryable,
  candidates: readonly Candidate[],
): Promise<Recorded[] | null> {
  const names = candidates.map(({ name }) => name);
  const rows = await findStored(transaction, names);
  if (rows.length === 0) return null;
  const stored = new Map(
    rows.map((r) => [reportKey(journalKey(r.installation_id, r.journal), r.sequence), r]),
  );
  const same = candidates.map((candidate): StoredReport | null => {
    const { installation, journal, sequence } = candidate.name;
    const found = stored.get(reportKey(journalKey(installation, journal), sequence));
    const repeats = found?.digest === candidate.digest && found.outcome !== "rejected";
    return repeats ? found : null;
  });
  if (!same.every((found) => found !== null)) return null;
  const { keys, installations } = await loadSigners(transaction, candidates);
  return candidates.map((candidate, index): Recorded => {
    const receipt = same[index];
    if (receipt == null || isKeyRemoved({ keys }, candidate)) return { kind: "key_removed" };
    const stateRevision = installations.get(candidate.name.installation)?.state_revision ?? null;
    return { kind: "receipt", outcome: receipt.outcome, duplicate: true, receipt, stateRevision };
  });
}

async function write(transaction: Queryable, set: WorkingSet, changes: Changes): Promise<void> {
  if (changes.reports.length > 0) {
    const fresh = changes.reports.filter((report) => !changes.replacing.has(report));
    for (const report of changes.replacing) await replaceRejected(transaction, report);
    const touched = new Set(changes.reports.map((r) => journalKey(r.installation_id, r.journal)));
    const rows = [...touched].flatMap((key) => set.journals.get(key) ?? []);
    await Promise.all([
      insertReports(transaction, fresh),
      updateJournals(transaction, rows),
      insertMeters(transaction, changes.meters.toSorted(byName), set.now),
      writeWindows(transaction, [...changes.windows]),
    ]);
    for (const shutdown of changes.shutdowns) await insertShutdown(transaction, shutdown, set.now);
  }
  for (const conflict of changes.conflicts) await insertConflict(transaction, conflict);
}
