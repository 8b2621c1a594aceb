/** Reports as operators look at them: recorded ones and evidence of conflicts in one list, newest first. */

import type { Instant } from "@submeter/shared/time/instant";
import type { SignedDocument } from "./body-codec.ts";
import type { Queryable } from "./database.ts";
import type { JournalKey } from "./journals.ts";
import { findDocuments } from "./report-bodies.ts";
import type { ReportKey } from "./reports.ts";

export type ReportListRow = {
  installation_id: string;
  journal: string;
  sequence: number;
  digest: string;
  outcome: "accepted" | "quarantined" | "rejected" | "conflict";
  code: string | null;
  decision: "accepted" | "refused" | null;
  decided_at: Instant | null;
  decided_by: string | null;
  decision_reason: string | null;
  sealed_at: Instant | null;
  recorded_at: Instant;
};

const listed = `select installation_id, journal, sequence, digest, outcome, code, decision, decided_at, decided_by,
    decision_reason, sealed_at, recorded_at from reports
  union all
  select installation_id, journal, sequence, digest, 'conflict', code, null, null, null,
    null, null, recorded_at from report_conflicts`;

export type ReportFilter = {
  installation: string | null;
  outcome: string | null;
  /** Only what waits for a decision. */
  undecided: boolean;
};

/** `after` is the place of the last one of the page before. */
export async function listReports(
  database: Queryable,
  filter: ReportFilter,
  page: { after: readonly (string | number)[] | null; limit: number },
): Promise<ReportListRow[]> {
  const [recordedAt = null, installation = null, journal = null, sequence = null, digest = null] =
    page.after ?? [];
  return database.query<ReportListRow>(
    `select * from (${listed}) r
      where ($1::text is null or installation_id = $1) and ($2::text is null or outcome = $2)
        and (not $3 or (decision is null and outcome in ('quarantined', 'rejected')))
        and ($4::float8 is null or (recorded_at, installation_id, journal, sequence, digest)
             < (to_timestamp($4), $5::text, $6::uuid, $7::int, $8::text))
      order by recorded_at desc, installation_id desc, journal desc, sequence desc, digest desc limit $9`,
    [
      filter.installation,
      filter.outcome,
      filter.undecided,
      recordedAt,
      installation,
      journal,
      sequence,
      digest,
      page.limit,
    ],
  );
}

/** The place of a row in the order of {@link listReports}. */
export function placeOf(row: ReportListRow): (string | number)[] {
  return [row.recorded_at, row.installation_id, row.journal, row.sequence, row.digest];
}

export type ShownReport = ReportListRow & {
  /** Null where its month was exported and dropped. */
  document: SignedDocument | null;
  receipt: Buffer;
};

/** What is recorded under the name first, then every conflict with it. */
export async function findShown(database: Queryable, key: ReportKey): Promise<ShownReport[]> {
  const name = [key.installation, key.journal, key.sequence];
  const recorded = await database.query<ReportListRow & { receipt: Buffer }>(
    `select installation_id, journal, sequence, digest, outcome, code, decision, decided_at, decided_by,
        decision_reason, sealed_at, recorded_at, receipt
       from reports where installation_id = $1 and journal = $2 and sequence = $3`,
    name,
  );
  const conflicts = await database.query<ReportListRow & SignedDocument & { receipt: Buffer }>(
    `select installation_id, journal, sequence, digest, 'conflict' as outcome, code, null as decision,
        null::timestamptz as decided_at, null as decided_by, null as decision_reason,
        null::timestamptz as sealed_at, recorded_at, receipt, body, signature_input, signature
       from report_conflicts where installation_id = $1 and journal = $2 and sequence = $3`,
    name,
  );
  const [document = null] = await findDocuments(database, recorded.length === 0 ? [] : [key]);
  return [
    ...recorded.map((row) => ({ ...row, document })),
    ...conflicts.map((row) => ({ ...row, document: row })),
  ];
}

export type OutcomeCount = {
  journal: string;
  outcome: ReportListRow["outcome"];
  count: number;
};

export async function outcomeCounts(
  database: Queryable,
  installation: string,
): Promise<OutcomeCount[]> {
  return database.query<OutcomeCount>(
    `select journal, outcome, count(*)::int as count from reports where installation_id = $1 group by 1, 2
     union all
     select journal, 'conflict', count(*)::int from report_conflicts where installation_id = $1 group by 1`,
    [installation],
  );
}

/** Sequences that are missing below a stored one, as inclusive ranges; at most `limit` of them. */
export async function holesOf(
  database: Queryable,
  key: JournalKey,
  limit: number,
): Promise<{ first: number; last: number }[]> {
  return database.query<{ first: number; last: number }>(
    `select sequence + 1 as first, next - 1 as last from (
       select sequence, lead(sequence) over (order by sequence) as next from (
         select through as sequence from journals where installation_id = $1 and journal = $2
         union
         select r.sequence from reports r join journals j using (installation_id, journal)
          where r.installation_id = $1 and r.journal = $2 and r.sequence > j.through) known) pairs
      where next > sequence + 1 order by sequence limit $3`,
    [key.installation, key.journal, limit],
  );
}

/** How many reports of each installation wait for a decision, by their code. */
export async function undecidedCounts(
  database: Queryable,
  installations: readonly string[],
): Promise<{ installation_id: string; code: string | null; count: number }[]> {
  return database.query(
    `select installation_id, code, count(*)::int as count from reports
      where installation_id = any($1) and outcome = 'quarantined' and decision is null group by 1, 2`,
    [installations],
  );
}

/** Held reports that touch [from, to), with what they say. */
export async function heldBetween(
  database: Queryable,
  o: {
    installation: string | null;
    customer: string | null;
    from: Instant;
    to: Instant;
    limit: number;
  },
): Promise<{ installation_id: string; code: string | null; body: Buffer }[]> {
  const rows = await database.query<ReportKey & { code: string | null }>(
    `select installation_id as installation, journal, sequence, code from reports
      where outcome = 'quarantined' and decision is null and lines > 0
        and ($1::text is null or installation_id = $1)
        and touched_from < to_timestamp($3) and touched_to > to_timestamp($2)
        and ($5::text is null or exists (select from assignments a
              where a.installation_id = reports.installation_id and a.customer_id = $5))
      order by recorded_at limit $4`,
    [o.installation, o.from, o.to, o.limit, o.customer],
  );
  const documents = await findDocuments(database, rows);
  return rows.flatMap(({ installation, code }, index) => {
    const body = documents[index]?.body;
    return body === undefined ? [] : [{ installation_id: installation, code, body }];
  });
}

/** How long after it was sealed the newest report of each journal came whose clock is behind the collector's. */
export async function newestAges(
  database: Queryable,
  installations: readonly string[],
): Promise<{ installation_id: string; journal: string; seconds: number | null }[]> {
  return database.query(
    `select j.installation_id, j.journal, extract(epoch from r.recorded_at - r.sealed_at)::float8 as seconds
       from journals j join reports r on r.installation_id = j.installation_id and r.journal = j.journal
        and r.sequence = j.highest
      where j.installation_id = any($1) and j.clock_skew_ms < 0`,
    [installations],
  );
}

export type UntoldQuarantine = {
  installation_id: string;
  journal: string;
  sequence: number;
  code: string | null;
  recorded_at: Instant;
  customer_id: string | null;
};

/** Held reports that nobody was told of, oldest first. `keyOf` in SQL: as the event is named. */
export async function untoldQuarantines(
  database: Queryable,
  limit: number,
): Promise<UntoldQuarantine[]> {
  return database.query<UntoldQuarantine>(
    `select r.installation_id, r.journal, r.sequence, r.code, r.recorded_at,
            (select a.customer_id from assignments a where a.installation_id = r.installation_id and a.subject = ''
               and a.from_at <= r.recorded_at and (a.to_at is null or a.to_at > r.recorded_at)) as customer_id
       from reports r
      where r.outcome = 'quarantined' and r.decision is null
        and not exists (select from events e
              where e.key = 'report.quarantined ' || r.installation_id || ' ' || r.journal || ' ' || r.sequence)
      order by r.recorded_at limit $1`,
    [limit],
  );
}
