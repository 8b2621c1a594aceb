/** The journals with all that they sealed and every receipt, to be read through: a few reports at a time, changing nothing. */

import type { SignatureMember } from "@submeter/shared/wire/document";
import { proofSigner } from "@submeter/shared/wire/ed25519";
import type { Instant } from "@submeter/shared/time/instant";
import type { Database } from "./database.ts";
import type { Replaces } from "./journals-table.ts";
import type { ReportState, SealedReport } from "./reports-table.ts";

/** What the file says of one journal. Never its private key. */
export type ArchivedJournal = {
  readonly journal: string;
  readonly publicKey: string;
  readonly replaces: Replaces | null;
  readonly madeAt: Instant;
  readonly lastSequence: number;
  readonly lastDigest: string | null;
  /** The last report that the history has let go of; 0 for none. */
  readonly prunedThrough: number;
  readonly prunedDigest: string | null;
};

export type ArchivedReceipt = {
  readonly outcome: string;
  readonly code: string | null;
  readonly recordedAt: Instant;
  readonly body: Uint8Array;
  /** Null in receipts of an earlier version of the agent. */
  readonly sub: SignatureMember | null;
  readonly proof: SignatureMember;
};

export type ArchivedReport = SealedReport & {
  readonly state: ReportState;
  readonly receipts: readonly ArchivedReceipt[];
};

type JournalRow = Omit<ArchivedJournal, "publicKey" | "replaces"> & {
  seed: Buffer;
  replaces: string | null;
};
type ReportRow = Omit<ArchivedReport, "proof" | "receipts"> & { proof: string | null };
type ReceiptRow = Omit<ArchivedReceipt, "sub" | "proof"> & { sub: string | null; proof: string };

/** So much of bodies is read at once, and at least one report. */
const pageBytesMax = 2 * 1024 * 1024;

export function archiveTable(database: Database) {
  const journals = database.prepare<[], JournalRow>(
    `select journal, seed, replaces, made_at as madeAt, last_sequence as lastSequence,
            nullif(last_digest, '') as lastDigest, pruned_through as prunedThrough,
            pruned_digest as prunedDigest
     from journals order by ordinal`,
  );
  const page = database.prepare<[string, number, number], ReportRow>(
    `select journal, sequence, sealed_at as sealedAt, digest, body, proof, state
     from reports where journal = ? and sequence > ? and sealed_at >= ? order by sequence`,
  );
  const receipts = database.prepare<[string, number], ReceiptRow>(
    `select outcome, code, recorded_at as recordedAt, body, sub, proof
     from receipts where journal = ? and sequence = ? order by ordinal`,
  );
  const knowledge = database
    .prepare<[string], string>(`select value from knowledge where name = ?`)
    .pluck();
  return {
    /** Whose agent it is; null before it was ever started with a key. */
    installation(): string | null {
      const text = knowledge.get("installation");
      return text === undefined ? null : (JSON.parse(text) as string);
    },
    /** The collector's keys that this agent trusts now. */
    pinnedKeys(): readonly string[] {
      const text = knowledge.get("pins");
      return text === undefined ? [] : (JSON.parse(text) as { publicKeys: string[] }).publicKeys;
    },
    /** Oldest first. */
    journals: (): ArchivedJournal[] =>
      journals.all().map(({ seed, replaces, ...row }) => ({
        ...row,
        publicKey: proofSigner(seed).publicKey,
        replaces: replaces === null ? null : (JSON.parse(replaces) as Replaces),
      })),
    /** Reports above `after` that were sealed from `sealedFrom` on, in order, as many as are read at once; none: the end. */
    page(journal: string, after: number, sealedFrom: Instant): ArchivedReport[] {
      const found: ArchivedReport[] = [];
      let bytes = 0;
      for (const row of page.iterate(journal, after, sealedFrom)) {
        found.push({ ...row, proof: memberOf(row.proof), receipts: [] });
        bytes += row.body.length;
        if (bytes >= pageBytesMax) break;
      }
      return found.map((report) => ({
        ...report,
        receipts: receipts.all(journal, report.sequence).map(receiptOf),
      }));
    },
  };
}

function receiptOf({ sub, proof, ...row }: ReceiptRow): ArchivedReceipt {
  return { ...row, sub: memberOf(sub), proof: JSON.parse(proof) as SignatureMember };
}

function memberOf(text: string | null): SignatureMember | null {
  return text === null ? null : (JSON.parse(text) as SignatureMember);
}
