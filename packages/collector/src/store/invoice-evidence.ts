/** What one invoice rests on, as the store has it: rows as JSON, in one stable order, and reports by ranges. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

const ownTimes = `(select * from assignments
     where customer_id = (select customer_id from invoices where id = $1))`;

/** When each installation ceased to be the customer's: what it did afterwards is another's. */
const ownUntil = `(select installation_id, max(coalesce(to_at, 'infinity')) as until from ${ownTimes} t group by 1)`;

/** Each fact with the query that finds it; `$1` is the invoice, `$2` its contract, `$3` the installations, `$4` and `$5` the time. */
const queries = {
  invoice: "select * from invoices where id = $1",
  period: `select p.* from periods p join invoices i on i.contract_id = p.contract_id
      and i.kind = p.scope and i.period_from = p.period_from where i.id = $1`,
  corrections: `select * from corrections where of_invoice = $1 or invoice_id = $1 order by id`,
  credit_notes: "select * from credit_notes where invoice_id = $1 order by id",
  correction_credits: `select c.* from correction_credits c join credit_notes n on n.id = c.credit_note_id
     where n.invoice_id = $1 order by c.correction_id, c.credit_note_id`,
  installations: `select i.id, i.enrolled_at, i.subject_routing,
       case when i.retired_at <= o.until then i.retired_at end as retired_at,
       case when i.retired_at <= o.until then i.retired_reason end as retired_reason
     from installations i join ${ownUntil} o on o.installation_id = i.id
     where i.id = any($3::text[]) order by i.id`,
  assignments: `select a.* from assignments a where a.installation_id = any($3::text[])
     and a.customer_id = (select customer_id from invoices where id = $1)
     order by a.installation_id, a.subject, a.from_at`,
  key_events: `select installation_id, number, state, at from installation_key_events
     where installation_id = any($3::text[]) order by installation_id, id`,
  journals: `select j.installation_id, j.journal, j.public_key, j.replaces, j.first_recorded_at,
       least(j.last_recorded_at, o.until) as last_recorded_at, j.first_covered_at,
       least(j.covered_through, o.until) as covered_through, j.through,
       case when j.final_at <= o.until then j.final_at end as final_at,
       case when j.retired_at <= o.until then j.retired_at end as retired_at,
       case when j.retired_at <= o.until then j.retired_reason end as retired_reason
     from journals j join ${ownUntil} o using (installation_id)
     where j.installation_id = any($3::text[]) and (coalesce(j.first_covered_at, j.first_recorded_at) < o.until
        or exists (select from reports r where r.installation_id = j.installation_id and r.journal = j.journal
             and r.touched_from < o.until))
     order by j.installation_id, j.first_recorded_at, j.journal`,
  shutdowns: `select s.* from shutdowns s where s.installation_id = any($3::text[])
     and s.from_at < to_timestamp($5) and s.until_at > to_timestamp($4)
     and exists (select from ${ownTimes} a where a.installation_id = s.installation_id
        and a.from_at < s.until_at and (a.to_at is null or a.to_at > s.from_at))
     order by s.installation_id, s.id`,
  usage_adjustments: `select u.* from usage_adjustments u
     where u.customer_id = (select customer_id from invoices where id = $1)
       and u.from_at < to_timestamp($5) and u.to_at > to_timestamp($4) order by u.id`,
  availability: `select instance, started_at, last_tick_at, public_key, encode(signature, 'base64') as signature
     from availability where last_tick_at >= to_timestamp($4) and started_at <= to_timestamp($5)
     order by started_at, instance`,
  collector_keys:
    "select public_key, state, created_at, retired_at from collector_keys order by created_at, public_key",
} as const;

export type EvidenceFacts = Readonly<Record<keyof typeof queries, readonly unknown[]>>;

/** Bytes are left out: they stand in files of their own. Instants are in UTC with whole seconds. */
export async function evidenceFacts(
  db: Queryable,
  of: {
    invoice: string;
    contract: string;
    installations: readonly string[];
    from: Instant;
    to: Instant;
  },
): Promise<EvidenceFacts> {
  const facts = {} as Record<keyof typeof queries, unknown[]>;
  for (const [name, query] of Object.entries(queries) as [keyof typeof queries, string][]) {
    const rows = await db.query<{ row: Record<string, unknown> }>(
      `with given as (select $1::text, $2::text, $3::text[], $4::float8, $5::float8)
       select to_jsonb(q) - 'document' as row from given, lateral (${query}) q`,
      [of.invoice, of.contract, of.installations, of.from, of.to],
    );
    facts[name] = rows.map(({ row }) => withInstants(row));
  }
  return facts;
}

export type ReportRange = {
  readonly installation: string;
  readonly journal: string;
  readonly first: number;
  readonly last: number;
};

/**
 * Of each journal the reports that speak of the customer's hours within [from, to), all between them, and on to the first of a later day: that one
 * carries a proof, and proves by the chain all before it.
 */
export async function reportRanges(
  db: Queryable,
  of: { customer: string; installations: readonly string[]; from: Instant; to: Instant },
): Promise<ReportRange[]> {
  return db.query<ReportRange>(
    `select b.installation_id as installation, b.journal, b.first,
       coalesce((select min(n.sequence) from reports n where n.installation_id = b.installation_id
            and n.journal = b.journal and n.sequence > b.last
            and n.sealed_at >= date_trunc('day', l.sealed_at, 'UTC') + interval '1 day'),
         (select max(n.sequence) from reports n where n.installation_id = b.installation_id
            and n.journal = b.journal)) as last
     from (select r.installation_id, r.journal, min(r.sequence) as first, max(r.sequence) as last from reports r
             join assignments a on a.installation_id = r.installation_id and a.customer_id = $4
            cross join lateral (select greatest(a.from_at, to_timestamp($2)) as start,
                                       least(a.to_at, to_timestamp($3)) as stop) own
            where r.installation_id = any($1::text[]) and own.start < own.stop
              and ((r.touched_from < own.stop and r.touched_to > own.start)
                or (r.covered_from < own.stop and r.covered_to > own.start))
            group by 1, 2) b
     join reports l on l.installation_id = b.installation_id and l.journal = b.journal and l.sequence = b.last
     order by 1, 2`,
    [of.installations, of.from, of.to, of.customer],
  );
}

export type EvidentReport = {
  readonly installation_id: string;
  readonly journal: string;
  readonly sequence: number;
  readonly digest: string;
  readonly previous: string | null;
  readonly key_number: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly decision: string | null;
  readonly decided_at: Instant | null;
  readonly decided_by: string | null;
  readonly decision_reason: string | null;
  readonly sealed_at: Instant | null;
  readonly recorded_at: Instant;
  readonly revision: bigint;
  readonly receipt: Buffer;
  readonly receipt_proof_input: string;
  readonly receipt_proof_signature: string;
};

/** Without the signed bytes; `r` is the report. */
export const evidentColumns = `r.installation_id, r.journal, r.sequence, r.digest, r.previous, r.key_number, r.outcome,
  r.code, r.decision, r.decided_at, r.decided_by, r.decision_reason, r.sealed_at, r.recorded_at, r.revision, r.receipt,
  r.receipt_proof_input, r.receipt_proof_signature`;

/** In order of their sequence. */
export async function reportsBetween(db: Queryable, range: ReportRange): Promise<EvidentReport[]> {
  return db.query<EvidentReport>(
    `select ${evidentColumns}
     from reports r where installation_id = $1 and journal = $2 and sequence between $3 and $4 order by sequence`,
    [range.installation, range.journal, range.first, range.last],
  );
}

/** With the journal's key, and the digest that the one before it is stored with. */
export type ChainedReport = EvidentReport & {
  readonly journal_key: string | null;
  readonly digest_before: string | null;
};

/** In order of installation, journal and sequence, after the last one seen. */
export async function reportsToVerify(
  db: Queryable,
  page: {
    installation: string | null;
    after: { installation: string; journal: string; sequence: number } | null;
    limit: number;
  },
): Promise<ChainedReport[]> {
  const { installation, after, limit } = page;
  return db.query<ChainedReport>(
    `select ${evidentColumns}, j.public_key as journal_key,
       (select p.digest from reports p where p.installation_id = r.installation_id and p.journal = r.journal
          and p.sequence = r.sequence - 1) as digest_before
     from reports r join journals j using (installation_id, journal)
     where ($1::text is null or r.installation_id = $1)
       and ($2::text is null or (r.installation_id, r.journal, r.sequence) > ($2::text, $3::uuid, $4::int))
     order by r.installation_id, r.journal, r.sequence limit $5`,
    [
      installation,
      after?.installation ?? null,
      after?.journal ?? null,
      after?.sequence ?? null,
      limit,
    ],
  );
}

const instant = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?\+00:00$/;

/** PostgreSQL writes `+00:00`, and exact numbers as such: both become texts of ours. */
function withInstants(row: Record<string, unknown>): Record<string, unknown> {
  const plain = (value: unknown): unknown => {
    if (typeof value === "string") return value.replace(instant, "$1Z");
    return typeof value === "number" && !Number.isSafeInteger(value) ? String(value) : value;
  };
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]));
}
