/** What verified receipts do to the journal. A conflict makes a new journal in the same transaction. */

import type { Clock } from "@submeter/shared/time/clock";
import type { Instant } from "@submeter/shared/time/instant";
import type { Outcome, Receipt } from "@submeter/shared/wire/receipt";
import { shutdownsIn } from "@submeter/shared/wire/shutdowns";
import type { GroupCommit } from "../counting/group-commit.ts";
import type { Journal } from "../journal/journal.ts";
import type { NewJournal, Replaces } from "../journal/journals-table.ts";
import type { ReportState, SealedReport } from "../journal/reports-table.ts";
import { readCurrentJournal } from "../sealing/current-journal.ts";
import type { Sealer } from "../sealing/seal.ts";
import type { CollectorKnowledge } from "./collector-knowledge.ts";
import type { Judgement } from "./judge-answer.ts";
import { Resealing, ownReport, windowsOf } from "./reseal.ts";

export type JudgedReceipt = Extract<Judgement, { kind: "receipt" }>;

export type RecordingParts = {
  readonly journal: Journal;
  readonly groupCommit: GroupCommit;
  readonly sealer: Sealer;
  readonly knowledge: CollectorKnowledge;
  readonly clock: Clock;
  readonly newJournal: (replaces: Replaces | null) => NewJournal;
};

/** Of the reports `sent`, those that these receipts speak of move; returns how many journals were forked. */
export function recordReceipts(
  parts: RecordingParts,
  sent: readonly SealedReport[],
  judged: readonly JudgedReceipt[],
): number {
  // Another way may have brought the answer meanwhile: what was sealed again then must not be a second time.
  const receipts = judged.filter(({ receipt }) =>
    parts.journal.reports.isWaiting(receipt.journal, receipt.sequence),
  );
  if (receipts.length === 0) return 0;
  const conflicted = sent.filter((report) =>
    receipts.some(({ receipt }) => receipt.outcome === "conflict" && isOf(receipt, report)),
  );
  if (conflicted.length === 0) {
    parts.journal.write(() => {
      for (const judged of receipts) apply(parts, judged);
    });
    return 0;
  }
  const forks = parts.groupCommit.sealing((cut) => {
    for (const judged of receipts) apply(parts, judged);
    return resealConflicted(parts, conflicted, cut);
  });
  parts.sealer.reload();
  return forks;
}

function apply(parts: RecordingParts, judged: JudgedReceipt): void {
  const { receipt, recordedAt, body, sub, proof } = judged;
  const { reports } = parts.journal;
  const { journal, sequence, outcome, code } = receipt;
  reports.addReceipt({
    journal,
    sequence,
    outcome,
    code,
    recordedAt,
    receivedAt: parts.clock.now(),
    body,
    sub,
    proof,
  });
  parts.knowledge.takeSigned(recordedAt);
  reports.mark({ journal, sequence }, stateAfter(outcome), outcome !== "conflict");
}

function stateAfter(outcome: Outcome): ReportState {
  switch (outcome) {
    case "accepted":
    case "quarantined":
      return "delivered";
    case "rejected":
      return "parked";
    case "conflict":
      return "superseded";
  }
}

function resealConflicted(
  parts: RecordingParts,
  conflicted: readonly SealedReport[],
  cut: Instant,
): number {
  let forks = 0;
  for (const name of new Set(conflicted.map(({ journal }) => journal))) {
    const of = conflicted.filter(({ journal }) => journal === name).map(({ sequence }) => sequence);
    const above = aboveConflict(parts, name, of);
    of.push(...above.rejected);
    if (name === readCurrentJournal(parts.journal).identity.journal) {
      of.push(...parts.journal.reports.undelivered(name));
      fork(parts, name);
      forks += 1;
    }
    reseal(parts, name, { undelivered: of, counted: above.counted }, cut);
  }
  return forks;
}

/**
 * What got a receipt above a conflict stands behind a hole that is never filled, and its coverage counts nowhere. What
 * was rejected there is sealed again whole, as if it had no receipt; of the rest only the coverage.
 */
function aboveConflict(
  { journal: { reports } }: RecordingParts,
  name: string,
  conflicted: readonly number[],
): { rejected: readonly number[]; counted: readonly number[] } {
  const lowest = conflicted.reduce((least, sequence) => Math.min(least, sequence));
  return {
    rejected: reports.receiptedAbove(name, lowest, "parked"),
    counted: reports.receiptedAbove(name, lowest, "delivered"),
  };
}

/** The journal that counts from now on. Wire: it names the last report of the old one that has a receipt. */
function fork(parts: RecordingParts, name: string): void {
  const { reports, journals } = parts.journal;
  const last = reports.lastReceipted(name);
  const replaces: Replaces = {
    journal: name,
    sequence: last?.sequence ?? null,
    digest: last?.digest ?? null,
    reason: "fork",
  };
  const reported = new Set<Instant>();
  for (const body of reports.receiptedBodies(name)) {
    for (const window of windowsOf(ownReport(body))) reported.add(window);
  }
  journals.add(parts.newJournal(replaces), reported);
}

/** By their sequences: one body at a time is in memory. */
function reseal(
  { journal: { reports, shutdowns }, journal, sealer }: RecordingParts,
  name: string,
  sequences: { undelivered: readonly number[]; counted: readonly number[] },
  cut: Instant,
): void {
  const resealing = new Resealing(sealer, readCurrentJournal(journal), cut);
  const reportOf = (sequence: number) => ownReport(reports.body(name, sequence) ?? nothing);
  for (const sequence of sequences.undelivered) {
    const report = reportOf(sequence);
    resealing.take(report);
    reports.mark({ journal: name, sequence }, "superseded", false);
    // What was attested in it goes out with the next seal.
    for (const { from } of shutdownsIn(report.x)) shutdowns.mark(from, false);
  }
  for (const sequence of sequences.counted) resealing.takeCoverage(reportOf(sequence));
  resealing.end();
}

const nothing = new Uint8Array();

function isOf(receipt: Receipt, report: SealedReport): boolean {
  return receipt.journal === report.journal && receipt.sequence === report.sequence;
}
