/** What a statement is computed from, as the store has it: assignments, journals, coverage, held reports, usage. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type AssignmentRow = {
  readonly installation_id: string;
  readonly subject: string;
  readonly from_at: Instant;
  readonly to_at: Instant | null;
  readonly retired_at: Instant | null;
};

/** A customer's assignments that overlap [from, to); `to` null: without end. */
export async function assignmentsOf(
  db: Queryable,
  customer: string,
  from: Instant,
  to: Instant | null,
): Promise<AssignmentRow[]> {
  return db.query<AssignmentRow>(
    `select a.installation_id, a.subject, a.from_at, a.to_at, i.retired_at
     from assignments a join installations i on i.id = a.installation_id
     where a.customer_id = $1 and (a.to_at is null or a.to_at > to_timestamp($2))
       and ($3::float8 is null or a.from_at < to_timestamp($3))
     order by a.installation_id, a.from_at, a.subject`,
    [customer, from, to],
  );
}

export type JournalRow = {
  readonly installation_id: string;
  readonly journal: string;
  readonly replaces: { readonly journal: string } | null;
  readonly first_recorded_at: Instant;
  readonly last_recorded_at: Instant;
  readonly first_covered_at: Instant | null;
  readonly covered_through: Instant | null;
  readonly through: number;
  readonly highest: number;
  readonly revision: bigint;
  readonly final_at: Instant | null;
  readonly retired_at: Instant | null;
  readonly clock_skew_ms: bigint | null;
  /** How long after it was sealed the newest report came, by the collector's clock; null when that cannot be read. */
  readonly newest_age_seconds: number | null;
};

export async function journalsOf(
  db: Queryable,
  installations: readonly string[],
): Promise<JournalRow[]> {
  return db.query<JournalRow>(
    `select j.installation_id, j.journal, replaces, first_recorded_at, last_recorded_at, first_covered_at,
       covered_through, through, highest, j.revision, final_at, retired_at, clock_skew_ms,
       extract(epoch from r.recorded_at - r.sealed_at)::float8 as newest_age_seconds
     from journals j
     left join reports r on r.installation_id = j.installation_id and r.journal = j.journal
       and r.sequence = j.highest
     where j.installation_id = any($1::text[])
     order by j.installation_id, first_recorded_at, j.journal`,
    [installations],
  );
}

/** `[from, to]` in Unix seconds. */
export type Seconds = readonly [from: Instant, to: Instant];

export type CoverageRow = {
  readonly installation_id: string;
  readonly journal: string;
  readonly sequence: number;
  readonly coverage: readonly Seconds[];
  readonly sources: readonly { readonly name: string; readonly heard: readonly Seconds[] }[] | null;
};

/** A report counts when it was accepted, at once or by decision. */
const counts = "(r.outcome = 'accepted' or r.decision = 'accepted')";

/**
 * Coverage of the reports that count, up to each journal's `through`. Of each journal: what reaches into the period;
 * what it covered last before (a silence may have begun there) with `lookbackSeconds` more; the first after (a silence
 * may end there); and what says only when sources were heard, because one report had no room for all of that.
 */
export async function coverageOf(
  db: Queryable,
  installations: readonly string[],
  period: { from: Instant; to: Instant; lookbackSeconds: number },
): Promise<CoverageRow[]> {
  const known = `r.installation_id = j.installation_id and r.journal = j.journal
    and r.sequence <= j.through and ${counts}`;
  return db.query<CoverageRow>(
    `select r.* from journals j
     cross join lateral (
       select least(to_timestamp($2), coalesce(max(r.covered_to), to_timestamp($2))) as last_before
       from reports r where ${known} and r.covered_from < to_timestamp($2)) b
     cross join lateral (
       select r.installation_id, r.journal, r.sequence, r.coverage, r.sources from reports r
       where ${known} and r.covered_from < to_timestamp($3)
         and r.covered_to >= b.last_before - make_interval(secs => $4)
       union all
       (select r.installation_id, r.journal, r.sequence, r.coverage, r.sources from reports r
        where ${known} and r.covered_from >= to_timestamp($3) order by r.covered_from limit 1)
       union all
       select r.installation_id, r.journal, r.sequence, r.coverage, r.sources from reports r
       where ${known} and r.covered_from is null and r.sources @? '$[*].heard[*]'
         and r.sealed_at >= b.last_before - make_interval(secs => $4)
     ) r
     where j.installation_id = any($1::text[])
     order by r.installation_id, r.journal, r.sequence`,
    [installations, period.from, period.to, period.lookbackSeconds],
  );
}

export type HeldRow = {
  readonly installation_id: string;
  readonly journal: string;
  readonly recorded_at: Instant;
  readonly coverage: readonly Seconds[] | null;
  /** Ends of the neighbours' coverage, for a report whose own cannot be read. */
  readonly covered_before: Instant | null;
  readonly covered_after: Instant | null;
};

/** Quarantined and rejected reports up to `through` that nobody has decided. */
export async function heldReportsOf(
  db: Queryable,
  installations: readonly string[],
): Promise<HeldRow[]> {
  return db.query<HeldRow>(
    `select r.installation_id, r.journal, r.recorded_at, r.coverage,
       (select max(b.covered_to) from reports b where b.installation_id = r.installation_id
          and b.journal = r.journal and b.sequence < r.sequence) as covered_before,
       (select min(a.covered_from) from reports a where a.installation_id = r.installation_id
          and a.journal = r.journal and a.sequence > r.sequence) as covered_after
     from reports r join journals j on j.installation_id = r.installation_id and j.journal = r.journal
     where r.installation_id = any($1::text[]) and r.outcome <> 'accepted' and r.decision is null
       and r.sequence <= j.through
     order by r.installation_id, r.journal, r.sequence`,
    [installations],
  );
}

export type UsageRowStored = {
  readonly installation_id: string;
  readonly journal: string;
  readonly window_start: Instant;
  readonly meter: string;
  /** Canonical JSON. */
  readonly dimensions: string;
  readonly quantity: string;
};

/** Usage belongs to whom its installation (or its subject, where that is routed) was assigned to in its hour. */
export const usageOfCustomer = `usage_hourly u
  join installations i on i.id = u.installation_id
  join assignments a on a.installation_id = u.installation_id
    and a.subject = case when i.subject_routing then u.subject else '' end
    and u.window_start >= a.from_at and (a.to_at is null or u.window_start < a.to_at)`;

/** A customer's usage by hour, journal, meter and dimensions, in one stable order. */
export async function usageOf(
  db: Queryable,
  customer: string,
  installations: readonly string[],
  from: Instant,
  to: Instant,
): Promise<UsageRowStored[]> {
  return db.query<UsageRowStored>(
    `select u.installation_id, u.journal, u.window_start, u.meter, u.dimensions,
       trim_scale(u.quantity) as quantity
     from ${usageOfCustomer}
     where u.installation_id = any($2::text[]) and a.customer_id = $1
       and u.window_start >= to_timestamp($3) and u.window_start < to_timestamp($4)
     order by u.installation_id, u.journal, u.window_start, u.meter, u.dimensions collate "C"`,
    [customer, installations, from, to],
  );
}

/** The hour of a customer's first usage at or after `from`; null when there was none. */
export async function firstUsageOf(
  db: Queryable,
  customer: string,
  from: Instant,
): Promise<Instant | null> {
  const rows = await db.query<{ first: Instant | null }>(
    `select min(u.window_start) as first from ${usageOfCustomer}
     where a.customer_id = $1 and u.window_start >= to_timestamp($2) and u.quantity > 0`,
    [customer, from],
  );
  return rows[0]?.first ?? null;
}
