/** Sealed reports and their receipts: the outbox, and the proof of what was reported. */

import type { SignatureMember } from "@submeter/shared/wire/document";
import type { Instant } from "@submeter/shared/time/instant";
import type { Database } from "./database.ts";

export type ReportState = "waiting" | "delivered" | "parked" | "superseded";

export type SealedReport = {
  readonly journal: string;
  readonly sequence: number;
  readonly sealedAt: Instant;
  /** 64 lower-case hex. */
  readonly digest: string;
  readonly body: Uint8Array;
  /** Made with the journal's own key; kept with the bytes. `sub` is the envelope and made when it is sent. */
  readonly proof: SignatureMember | null;
};

export type StoredReceipt = {
  readonly journal: string;
  readonly sequence: number;
  readonly outcome: string;
  readonly code: string | null;
  readonly recordedAt: Instant;
  readonly receivedAt: Instant;
  readonly body: Uint8Array;
  readonly sub: SignatureMember;
  readonly proof: SignatureMember;
};

export type ReceiptSummary = Omit<StoredReceipt, "body" | "sub" | "proof">;

export type Backlog = {
  readonly reports: number;
  readonly bytes: number;
  readonly oldestSealedAt: Instant | null;
};

type ReportRow = Omit<SealedReport, "proof"> & { proof: string | null };

const reportColumns = `reports.journal, reports.sequence, sealed_at as sealedAt, digest, body, proof`;

export function reportsTable(database: Database) {
  const add = database.prepare<[string, number, number, string, Uint8Array, string | null, number]>(
    `insert into reports (journal, sequence, sealed_at, digest, body, proof, held, state)
     values (?, ?, ?, ?, ?, ?, ?, 'waiting')`,
  );
  const waiting = database.prepare<[number], ReportRow>(
    // The cross join keeps to this order of tables, so that nothing is sorted: each row has its body with it.
    `select ${reportColumns} from journals cross join reports using (journal)
     where state = 'waiting' and held = 0 order by ordinal, sequence limit ?`,
  );
  const waitingReport = database.prepare<[string, number], ReportRow>(
    `select ${reportColumns} from reports
     where journal = ? and sequence = ? and state = 'waiting'`,
  );
  const isWaiting = database
    .prepare<[string, number], number>(
      `select count(*) from reports where journal = ? and sequence = ? and state = 'waiting'`,
    )
    .pluck();
  const digestOf = database
    .prepare<[string, number], string>(
      `select digest from reports where journal = ? and sequence = ?`,
    )
    .pluck();
  const undelivered = database
    .prepare<[string], number>(
      `select sequence from reports
       where journal = ? and receipted = 0 and state = 'waiting' order by sequence`,
    )
    .pluck();
  const above = database
    .prepare<[string, number, ReportState], number>(
      `select sequence from reports
       where journal = ? and sequence > ? and receipted = 1 and state = ? order by sequence`,
    )
    .pluck();
  const receiptedBodies = database
    .prepare<[string], Buffer>(`select body from reports where journal = ? and receipted = 1`)
    .pluck();
  const unrecorded = database
    .prepare<[string, number, number, number], number>(
      `select sequence from reports r
       where journal = ? and sequence > ? and sealed_at >= ? and state in ('waiting', 'delivered')
         and not exists (select 1 from receipts t where t.journal = r.journal
           and t.sequence = r.sequence and (t.outcome <> 'accepted' or t.recorded_at < ?))
       order by sequence`,
    )
    .pluck();
  const bodyOf = database
    .prepare<[string, number], Buffer>(
      `select body from reports where journal = ? and sequence = ?`,
    )
    .pluck();
  const lastReceipted = database.prepare<[string], { sequence: number; digest: string }>(
    `select sequence, digest from reports where journal = ? and receipted = 1
     order by sequence desc limit 1`,
  );
  const backlog = database.prepare<[], Backlog>(
    `select count(*) as reports, coalesce(sum(length(body)), 0) as bytes,
            min(sealed_at) as oldestSealedAt
     from reports where state = 'waiting'`,
  );
  const sendable = database
    .prepare<[], number>(`select count(*) from reports where state = 'waiting' and held = 0`)
    .pluck();
  const held = database.prepare<[], { reports: number; oldestSealedAt: Instant | null }>(
    `select count(*) as reports, min(sealed_at) as oldestSealedAt
     from reports where state = 'waiting' and held = 1`,
  );
  const holdWaiting = database.prepare(`update reports set held = 1 where state = 'waiting'`);
  const releaseHeld = database.prepare(
    `update reports set held = 0 where state = 'waiting' and held = 1`,
  );
  const parked = database
    .prepare<[], number>(`select count(*) from reports where state = 'parked'`)
    .pluck();
  const mark = database.prepare<[string, number, string, number]>(
    // What a hold found on its way has left: no release would find it, were it to wait once more.
    `update reports set state = ?, receipted = max(receipted, ?), held = 0
     where journal = ? and sequence = ?`,
  );
  const receiptedThrough = database
    .prepare<[{ journal: string }], number>(
      `select coalesce(
         (select min(sequence) - 1 from reports where journal = @journal and receipted = 0),
         (select last_sequence from journals where journal = @journal),
         0)`,
    )
    .pluck();
  const offerAgain = database.prepare<[string, number]>(
    `update reports set state = 'waiting'
     where journal = ? and sequence > ? and receipted = 1 and state in ('delivered', 'parked')`,
  );
  const unpark = database.prepare(`update reports set state = 'waiting' where state = 'parked'`);
  const lastSealedAt = database
    .prepare<[], number>(
      `select sealed_at from journals cross join reports using (journal)
       order by ordinal desc, sequence desc limit 1`,
    )
    .pluck();
  const isHeldReceipt = database
    .prepare<[string, number, Uint8Array], number>(
      `select count(*) from receipts where journal = ? and sequence = ? and body = ?`,
    )
    .pluck();
  const addReceipt = database.prepare<
    [string, number, string, string | null, number, number, Uint8Array, string, string]
  >(
    `insert into receipts
       (journal, sequence, outcome, code, recorded_at, received_at, body, sub, proof)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const lastReceipt = database.prepare<[], ReceiptSummary>(
    `select journal, sequence, outcome, code, recorded_at as recordedAt, received_at as receivedAt
     from receipts order by ordinal desc limit 1`,
  );

  return {
    add(report: SealedReport, isHeld: boolean): void {
      const { journal, sequence, sealedAt, digest, body, proof } = report;
      const proofText = proof === null ? null : JSON.stringify(proof);
      add.run(journal, sequence, sealedAt, digest, body, proofText, isHeld ? 1 : 0);
    },
    /** The next to be sent, in order, older journals first; read one at a time, as each may have 512 KiB. */
    *waiting(limit: number): Generator<SealedReport> {
      for (const row of waiting.iterate(limit)) yield readRow(row);
    },
    waitingReport(journal: string, sequence: number): SealedReport | null {
      const row = waitingReport.get(journal, sequence);
      return row === undefined ? null : readRow(row);
    },
    isWaiting: (journal: string, sequence: number): boolean =>
      isWaiting.get(journal, sequence) === 1,
    /** Whatever became of it; null when there is no such report. */
    digestOf: (journal: string, sequence: number): string | null =>
      digestOf.get(journal, sequence) ?? null,
    /** Sequences of what has no receipt yet of one journal, in order. */
    undelivered: (journal: string): number[] => undelivered.all(journal),
    /** Sequences of those with a receipt above another, in order. */
    receiptedAbove: (journal: string, sequence: number, state: "delivered" | "parked"): number[] =>
      above.all(journal, sequence, state),
    /** One at a time: there may be 13 months of them. */
    receiptedBodies: (journal: string): Iterable<Uint8Array> => receiptedBodies.iterate(journal),
    /** Sequences above `after` that no receipt from before `recordedBefore` accepts; what is held or rejected counts nowhere. */
    unrecorded: (
      journal: string,
      after: number,
      of: { readonly recordedBefore: Instant; readonly sealedFrom: Instant },
    ): number[] => unrecorded.all(journal, after, of.sealedFrom, of.recordedBefore),
    body: (journal: string, sequence: number): Uint8Array | null =>
      bodyOf.get(journal, sequence) ?? null,
    lastReceipted: (journal: string) => lastReceipted.get(journal) ?? null,
    /** How many wait and may leave. */
    sendable: (): number => sendable.get() ?? 0,
    /** What waits and may not leave before it is released. */
    held: () => held.get() ?? { reports: 0, oldestSealedAt: null },
    holdWaiting(): void {
      holdWaiting.run();
    },
    releaseHeld(): void {
      releaseHeld.run();
    },
    backlog: (): Backlog => backlog.get() ?? { reports: 0, bytes: 0, oldestSealedAt: null },
    parked: (): number => parked.get() ?? 0,
    /** `receipted` is never taken back. */
    mark(
      name: { journal: string; sequence: number },
      state: ReportState,
      isReceipted: boolean,
    ): void {
      mark.run(state, isReceipted ? 1 : 0, name.journal, name.sequence);
    },
    /** The greatest n for which receipts for all of 1…n are held. */
    receiptedThrough: (journal: string): number => receiptedThrough.get({ journal }) ?? 0,
    /** Sends again what lies above `through`; returns how many reports. */
    offerAgain: (journal: string, through: number): number =>
      offerAgain.run(journal, through).changes,
    /** Sends again what was rejected; returns how many reports. */
    unpark: (): number => unpark.run().changes,
    /** A receipt that comes again, byte for byte, is kept once: a collector that keeps forgetting must not fill the disk. */
    addReceipt(receipt: StoredReceipt): void {
      if (isHeldReceipt.get(receipt.journal, receipt.sequence, receipt.body) !== 0) return;
      addReceipt.run(
        receipt.journal,
        receipt.sequence,
        receipt.outcome,
        receipt.code,
        receipt.recordedAt,
        receipt.receivedAt,
        receipt.body,
        JSON.stringify(receipt.sub),
        JSON.stringify(receipt.proof),
      );
    },
    lastSealedAt: (): number | null => lastSealedAt.get() ?? null,
    lastReceipt: (): ReceiptSummary | null => lastReceipt.get() ?? null,
  };
}

function readRow(row: ReportRow): SealedReport {
  const proof = row.proof === null ? null : (JSON.parse(row.proof) as SignatureMember);
  return { ...row, proof };
}
