/**
 * Verifies one journal from its own bytes: every digest, the chain, the journal's own `proof`s, and every receipt. Nothing
 * that the file says of itself is believed where it can be computed.
 */

import type { Instant } from "@submeter/shared/time/instant";
import { digestHex } from "@submeter/shared/wire/digest";
import type { MacKey } from "@submeter/shared/wire/document";
import type { ArchivedJournal, ArchivedReport } from "../journal/archive-table.ts";
import type { Found, JournalFault } from "./fault.ts";
import { checkReceipt } from "./verify-receipt.ts";
import { contentFaults, proofFault } from "./verify-report.ts";

export type JournalVerdict = {
  readonly journal: string;
  readonly replaces: string | null;
  /** Sealed before the history begins, and gone from it. */
  readonly pruned: number;
  readonly reports: number;
  readonly firstSealedAt: Instant | null;
  readonly lastSealedAt: Instant | null;
  /** Reports that carry `proof`, and those that a `proof` at or after them proves by the chain. */
  readonly proofs: number;
  readonly proven: number;
  readonly receipts: number;
  /** Receipts whose `sub` could be verified too: with the key that is given. */
  readonly receiptsByKey: number;
  /** Public keys of the collector that receipts were proven by. */
  readonly collectorKeys: readonly string[];
  /** Sealed, and without a receipt so far. */
  readonly waiting: number;
  readonly faults: readonly JournalFault[];
};

type Given = {
  readonly journal: ArchivedJournal;
  /** Null where the file does not say. */
  readonly installation: string | null;
  /** The installation's, if it is at hand. */
  readonly key: MacKey | null;
};

/** How far the reading has got. */
type Reading = {
  sequence: number;
  /** The digest of the report before; null where that is not there. */
  previous: string | null;
  count: number;
  proofs: number;
  proven: number;
  receipts: number;
  receiptsByKey: number;
  waiting: number;
  firstSealedAt: Instant | null;
  lastSealedAt: Instant | null;
  readonly collectorKeys: Set<string>;
  readonly faults: JournalFault[];
};

export async function verifyJournal(
  given: Given,
  reports: AsyncIterable<ArchivedReport>,
): Promise<JournalVerdict> {
  const { journal } = given;
  const reading: Reading = {
    sequence: journal.prunedThrough,
    previous: journal.prunedDigest,
    count: 0,
    proofs: 0,
    proven: 0,
    receipts: 0,
    receiptsByKey: 0,
    waiting: 0,
    firstSealedAt: null,
    lastSealedAt: null,
    collectorKeys: new Set(),
    faults: [],
  };
  for await (const report of reports) {
    for (const [code, detail] of take(reading, report, given)) {
      reading.faults.push({ sequence: report.sequence, code, detail });
    }
  }
  checkEnd(reading, journal);
  const { sequence: _sequence, previous: _previous, count, collectorKeys, ...rest } = reading;
  return {
    journal: journal.journal,
    replaces: journal.replaces?.journal ?? null,
    pruned: journal.prunedThrough,
    reports: count,
    ...rest,
    collectorKeys: [...collectorKeys],
  };
}

function take(reading: Reading, report: ArchivedReport, given: Given): Found[] {
  const found: Found[] = [];
  if (report.sequence !== reading.sequence + 1) {
    found.push(["report_missing", `report ${reading.sequence + 1} is not there`]);
    reading.previous = null;
  }
  const digest = digestHex(report.body);
  if (digest !== report.digest) {
    found.push(["digest_differs", "its bytes are not those that were sealed"]);
  }
  found.push(...contentFaults(report, { ...given, previous: reading.previous }));
  reading.count += 1;
  reading.firstSealedAt ??= report.sealedAt;
  reading.lastSealedAt = report.sealedAt;
  found.push(...takeProof(reading, report, given.journal.publicKey));
  found.push(...takeReceipts(reading, report, given));
  reading.sequence = report.sequence;
  reading.previous = digest;
  return found;
}

function takeProof(reading: Reading, report: ArchivedReport, publicKey: string): Found[] {
  if (report.proof === null) return [];
  const fault = proofFault(report, report.proof, publicKey);
  if (fault !== null) return [["proof_invalid", fault]];
  reading.proofs += 1;
  // By the chain it proves everything before it too.
  reading.proven = reading.count;
  return [];
}

function takeReceipts(reading: Reading, report: ArchivedReport, { key }: Given): Found[] {
  const { state } = report;
  if (report.receipts.length === 0) {
    if (state === "waiting") reading.waiting += 1;
    const needsOne = state === "delivered" || state === "parked";
    return needsOne ? [["receipt_missing", `it stands as ${state}, and has no receipt`]] : [];
  }
  return report.receipts.flatMap((receipt) => {
    const checked = checkReceipt(receipt, report, key);
    reading.receipts += 1;
    if (checked.byKey) reading.receiptsByKey += 1;
    if (checked.collectorKey !== null) reading.collectorKeys.add(checked.collectorKey);
    return checked.faults;
  });
}

function checkEnd(reading: Reading, { lastSequence, lastDigest }: ArchivedJournal): void {
  const { sequence, previous } = reading;
  if (sequence === lastSequence && (sequence === 0 || previous === lastDigest)) return;
  const detail = `the journal was sealed up to report ${lastSequence}, and ends at ${sequence}`;
  reading.faults.push({ sequence: lastSequence, code: "report_missing", detail });
}
