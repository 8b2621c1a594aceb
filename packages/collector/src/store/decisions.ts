/** Decisions on reports that are held: by a person, or by time when a report was of the future. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";
import { findDocuments } from "./report-bodies.ts";
import type { RecordedOutcome, ReportKey } from "./reports.ts";

export type DecidableReport = {
  outcome: RecordedOutcome;
  decision: "accepted" | "refused" | null;
  final: boolean;
  covered_from: Instant | null;
  covered_to: Instant | null;
  /** Null where its month was exported and dropped. */
  body: Buffer | null;
};

/** Null when it is unknown. Its journal must be locked. */
export async function findDecidable(
  transaction: Queryable,
  key: ReportKey,
): Promise<DecidableReport | null> {
  const [row] = await transaction.query<Omit<DecidableReport, "body">>(
    `select outcome, decision, final, covered_from, covered_to from reports
      where installation_id = $1 and journal = $2 and sequence = $3`,
    [key.installation, key.journal, key.sequence],
  );
  if (row === undefined) return null;
  const [document = null] = await findDocuments(transaction, [key]);
  return { ...row, body: document?.body ?? null };
}

export async function writeDecision(
  transaction: Queryable,
  key: ReportKey,
  o: {
    decision: "accepted" | "refused";
    by: string;
    reason: string;
    revision: number;
    at: Instant;
  },
): Promise<void> {
  await transaction.query(
    `update reports set decision = $4, decided_by = $5, decision_reason = $6, revision = $7,
            decided_at = to_timestamp($8)
      where installation_id = $1 and journal = $2 and sequence = $3`,
    [key.installation, key.journal, key.sequence, o.decision, o.by, o.reason, o.revision, o.at],
  );
}

/** Reports whose hour has come, oldest first. */
export async function findReleasable(
  database: Queryable,
  now: Instant,
  limit: number,
): Promise<ReportKey[]> {
  return database.query<ReportKey>(
    `select installation_id as installation, journal, sequence from reports
      where decision is null and release_at <= to_timestamp($1) order by release_at limit $2`,
    [now, limit],
  );
}
