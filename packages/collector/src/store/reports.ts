/** Reports at rest: recorded once under (installation, journal, sequence), with their receipts. */

import type { Instant } from "@submeter/shared/time/instant";
import { byteaArray, textArray } from "./binary-array.ts";
import type { SignedDocument } from "./body-codec.ts";
import type { Queryable } from "./database.ts";
import { insertBodies } from "./report-bodies.ts";

export type RecordedOutcome = "accepted" | "quarantined" | "rejected";

/** The collector's signed word as stored: returned alike for ever. */
export type StoredReceipt = {
  receipt: Buffer;
  receipt_proof_input: string;
  receipt_proof_signature: string;
};

export type ReportKey = { installation: string; journal: string; sequence: number };

/** What deciding about a report needs to know of one that is stored. */
export type StoredReport = StoredReceipt & {
  installation_id: string;
  journal: string;
  sequence: number;
  digest: string;
  previous: string | null;
  outcome: RecordedOutcome;
  code: string | null;
  decision: "accepted" | "refused" | null;
};

export type StoredConflict = StoredReceipt & {
  installation_id: string;
  journal: string;
  sequence: number;
  digest: string;
  code: string;
};

export type Span = readonly [from: Instant, to: Instant];

/** A row as it is written first, with the signed bytes that stand apart. */
export type NewReport = StoredReport &
  SignedDocument & {
    key_number: string;
    release_at: Instant | null;
    sealed_at: Instant | null;
    recorded_at: Instant;
    revision: number;
    touched_from: Instant | null;
    touched_to: Instant | null;
    restates_from: Instant | null;
    coverage: readonly Span[] | null;
    sources: readonly { name: string; heard: readonly Span[] }[] | null;
    covered_from: Instant | null;
    covered_to: Instant | null;
    final: boolean;
    lines: number;
  };

const storedColumns = `r.installation_id, r.journal, r.sequence, r.digest, r.previous, r.outcome, r.code,
  r.decision, r.receipt, r.receipt_proof_input, r.receipt_proof_signature`;

/** The named reports and their neighbours n − 1 and n + 1, as far as they are stored. */
export async function findWithNeighbours(
  transaction: Queryable,
  keys: readonly ReportKey[],
): Promise<StoredReport[]> {
  return transaction.query<StoredReport>(
    `select distinct on (r.installation_id, r.journal, r.sequence) ${storedColumns}
       from unnest($1::text[], $2::uuid[], $3::int[]) as k (installation_id, journal, sequence)
       cross join lateral (values (k.sequence - 1), (k.sequence), (k.sequence + 1)) as near (sequence)
       join reports r on r.installation_id = k.installation_id and r.journal = k.journal
        and r.sequence = near.sequence`,
    columnsOf(keys),
  );
}

/** Only the named reports, without any lock. */
export async function findStored(
  database: Queryable,
  keys: readonly ReportKey[],
): Promise<StoredReport[]> {
  return database.query<StoredReport>(
    `select ${storedColumns}
       from unnest($1::text[], $2::uuid[], $3::int[]) as k (installation_id, journal, sequence)
       join reports r using (installation_id, journal, sequence)`,
    columnsOf(keys),
  );
}

/** Evidence under these names and under those before them, whatever its digest. */
export async function findConflicts(
  transaction: Queryable,
  keys: readonly ReportKey[],
): Promise<StoredConflict[]> {
  return transaction.query<StoredConflict>(
    `select distinct on (c.installation_id, c.journal, c.sequence, c.digest) c.installation_id, c.journal,
            c.sequence, c.digest, c.code, c.receipt, c.receipt_proof_input, c.receipt_proof_signature
       from unnest($1::text[], $2::uuid[], $3::int[]) as k (installation_id, journal, sequence)
       cross join lateral (values (k.sequence - 1), (k.sequence)) as near (sequence)
       join report_conflicts c on c.installation_id = k.installation_id and c.journal = k.journal
        and c.sequence = near.sequence`,
    columnsOf(keys),
  );
}

/** What is stored above `through`, in order: it becomes countable when the hole before it is filled. */
export type BehindHole = {
  sequence: number;
  counts: boolean;
  covered_to: Instant | null;
  touched_from: Instant | null;
  touched_to: Instant | null;
  restates_from: Instant | null;
};

export async function findAbove(
  transaction: Queryable,
  installation: string,
  journal: string,
  o: { through: number; limit: number },
): Promise<BehindHole[]> {
  return transaction.query<BehindHole>(
    `select sequence, (outcome = 'accepted' or decision = 'accepted') is true as counts, covered_to,
            touched_from, touched_to, restates_from
       from reports where installation_id = $1 and journal = $2 and sequence > $3
      order by sequence limit $4`,
    [installation, journal, o.through, o.limit],
  );
}

export async function insertReports(
  transaction: Queryable,
  reports: readonly NewReport[],
): Promise<void> {
  if (reports.length === 0) return;
  const recorded = transaction.query(
    `insert into reports (installation_id, journal, sequence, digest, previous, key_number, outcome, code,
       release_at, sealed_at, recorded_at, revision, touched_from, touched_to, coverage, sources,
       covered_from, covered_to, final, lines,
       receipt, receipt_proof_input, receipt_proof_signature, restates_from)
     select installation_id, journal, sequence, digest, previous, key_number, outcome, code,
       to_timestamp(release_at), to_timestamp(sealed_at), to_timestamp(recorded_at), revision,
       to_timestamp(touched_from), to_timestamp(touched_to), coverage, sources,
       to_timestamp(covered_from), to_timestamp(covered_to), final, lines,
       receipt, receipt_proof_input, receipt_proof_signature, to_timestamp(restates_from)
     from unnest($1::text[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::int8[], $10::int8[], $11::int8[], $12::int8[], $13::int8[], $14::int8[], $15::jsonb[], $16::jsonb[],
       $17::int8[], $18::int8[], $19::bool[], $20::int[],
       $21::bytea[], $22::text[], $23::text[], $24::int8[])
     as t (installation_id, journal, sequence, digest, previous, key_number, outcome, code,
       release_at, sealed_at, recorded_at, revision, touched_from, touched_to, coverage, sources,
       covered_from, covered_to, final, lines,
       receipt, receipt_proof_input, receipt_proof_signature, restates_from)`,
    transposed(reports),
  );
  const kept = insertBodies(
    transaction,
    reports.map((report) => ({
      installation: report.installation_id,
      journal: report.journal,
      sequence: report.sequence,
      recordedAt: report.recorded_at,
      body: report.body,
      signature_input: report.signature_input,
      signature: report.signature,
    })),
  );
  await Promise.all([recorded, kept]);
}

/** A rejected report that was examined anew and found better: the receipt that it had is kept beside. */
export async function replaceRejected(transaction: Queryable, report: NewReport): Promise<void> {
  await transaction.query(
    `insert into replaced_receipts (installation_id, journal, sequence, digest, outcome, code, replaced_at,
       receipt, receipt_proof_input, receipt_proof_signature)
     select installation_id, journal, sequence, digest, outcome, code, to_timestamp($4),
       receipt, receipt_proof_input, receipt_proof_signature
       from reports where installation_id = $1 and journal = $2 and sequence = $3`,
    [report.installation_id, report.journal, report.sequence, report.recorded_at],
  );
  const [rejected] = await transaction.query<Pick<NewReport, "restates_from">>(
    `delete from reports where installation_id = $1 and journal = $2 and sequence = $3
     returning restates_from`,
    [report.installation_id, report.journal, report.sequence],
  );
  // What waited for the rejected one waits no longer.
  const from = earliest(report.restates_from, rejected?.restates_from ?? null);
  await insertReports(transaction, [{ ...report, restates_from: from }]);
}

export type NewConflict = StoredConflict & {
  previous: string | null;
  stored_digest: string | null;
  key_number: string;
  recorded_at: Instant;
  body: Uint8Array;
  signature_input: string;
  signature: string;
};

export async function insertConflict(transaction: Queryable, c: NewConflict): Promise<void> {
  await transaction.query(
    `insert into report_conflicts (installation_id, journal, sequence, digest, previous, stored_digest,
       key_number, code, recorded_at, body, signature_input, signature,
       receipt, receipt_proof_input, receipt_proof_signature)
     values ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9), $10, $11, $12, $13, $14, $15)`,
    [
      c.installation_id,
      c.journal,
      c.sequence,
      c.digest,
      c.previous,
      c.stored_digest,
      c.key_number,
      c.code,
      c.recorded_at,
      c.body,
      c.signature_input,
      c.signature,
      c.receipt,
      c.receipt_proof_input,
      c.receipt_proof_signature,
    ],
  );
}

function earliest(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function columnsOf(keys: readonly ReportKey[]): unknown[] {
  return [
    keys.map((key) => key.installation),
    keys.map((key) => key.journal),
    keys.map((key) => key.sequence),
  ];
}

function transposed(reports: readonly NewReport[]): unknown[] {
  const column = <Value>(read: (report: NewReport) => Value): Value[] => reports.map(read);
  return [
    column((r) => r.installation_id),
    column((r) => r.journal),
    column((r) => r.sequence),
    textArray(column((r) => r.digest)),
    column((r) => r.previous),
    column((r) => r.key_number),
    column((r) => r.outcome),
    column((r) => r.code),
    column((r) => r.release_at),
    column((r) => r.sealed_at),
    column((r) => r.recorded_at),
    column((r) => r.revision),
    column((r) => r.touched_from),
    column((r) => r.touched_to),
    column((r) => r.coverage && JSON.stringify(r.coverage)),
    column((r) => r.sources && JSON.stringify(r.sources)),
    column((r) => r.covered_from),
    column((r) => r.covered_to),
    column((r) => r.final),
    column((r) => r.lines),
    byteaArray(column((r) => r.receipt)),
    textArray(column((r) => r.receipt_proof_input)),
    textArray(column((r) => r.receipt_proof_signature)),
    column((r) => r.restates_from),
  ];
}
