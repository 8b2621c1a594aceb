/** Journals: how far each has come, and what it said of itself. One row is locked while its reports are recorded. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type Replacement = {
  journal: string;
  sequence: number | null;
  digest: string | null;
  reason: "fork" | "corrupt" | "moved";
};

export type JournalRow = {
  installation_id: string;
  journal: string;
  public_key: string | null;
  replaces: Replacement | null;
  first_recorded_at: Instant;
  last_recorded_at: Instant;
  first_covered_at: Instant | null;
  covered_through: Instant | null;
  through: number;
  highest: number;
  revision: number;
  final_at: Instant | null;
  final_sequence: number | null;
  retired_at: Instant | null;
  retired_reason: string | null;
  agent_version: string | null;
  clock_skew_ms: number | null;
  backlog: number | null;
  disk_free_bytes: number | null;
  interval_seconds: number | null;
};

// int8 columns as text and back: within safe integers by the wire's own bounds, and a bigint is no JSON.
const columns = `installation_id, journal, public_key, replaces, first_recorded_at, last_recorded_at,
  first_covered_at, covered_through, through, highest, revision::float8 as revision, final_at, final_sequence,
  retired_at, retired_reason, agent_version, clock_skew_ms::float8 as clock_skew_ms,
  backlog::float8 as backlog, disk_free_bytes::float8 as disk_free_bytes, interval_seconds`;

export type JournalKey = { installation: string; journal: string };

/**
 * Makes the missing ones and locks all, in one order everywhere, so that two groups never wait for each other in a ring.
 * `signedWith`: none is made for a key that has been removed since the signature was verified.
 */
export async function lockJournals(
  transaction: Queryable,
  keys: readonly (JournalKey & { signedWith?: string })[],
  now: Instant,
): Promise<JournalRow[]> {
  const sorted = keys.toSorted(
    (a, b) => compareTexts(a.installation, b.installation) || compareTexts(a.journal, b.journal),
  );
  const values = [sorted.map((key) => key.installation), sorted.map((key) => key.journal)];
  const made = transaction.query(
    `insert into journals (installation_id, journal, first_recorded_at, last_recorded_at)
     select k.installation_id, k.journal, to_timestamp($3), to_timestamp($3)
       from unnest($1::text[], $2::uuid[], $4::text[]) as k (installation_id, journal, number)
      where not exists (select from journals j
                         where j.installation_id = k.installation_id and j.journal = k.journal)
        and (k.number is null or exists (select from installation_keys i
              where i.installation_id = k.installation_id and i.number = k.number and i.state <> 'removed'))
     on conflict do nothing`,
    [...values, now, sorted.map((key) => key.signedWith ?? null)],
  );
  const locked = transaction.query<JournalRow>(
    `select ${columns} from journals
      where (installation_id, journal) in (select * from unnest($1::text[], $2::uuid[]))
      order by installation_id, journal for no key update`,
    values,
  );
  const [, rows] = await Promise.all([made, locked]);
  return rows;
}

export async function journalsOf(
  database: Queryable,
  installations: readonly string[],
): Promise<JournalRow[]> {
  return database.query<JournalRow>(
    `select ${columns} from journals where installation_id = any($1)
      order by installation_id, first_recorded_at, journal`,
    [installations],
  );
}

export async function findJournal(
  database: Queryable,
  key: JournalKey,
): Promise<JournalRow | null> {
  const rows = await database.query<JournalRow>(
    `select ${columns} from journals where installation_id = $1 and journal = $2`,
    [key.installation, key.journal],
  );
  return rows[0] ?? null;
}

/**
 * Installations that never reported, or one of whose journals has not proven everything up to `provenSince`: whether it
 * had to is for the caller to judge. In order of their names, after the last one seen.
 */
export async function perhapsUnknown(
  database: Queryable,
  o: { from: Instant; provenSince: Instant; after: string; limit: number },
): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `select i.id from installations i
      where i.id > $1 and (i.retired_at is null or i.retired_at > to_timestamp($2))
        and i.id in (
          select n.id from installations n
           where not exists (select from journals j where j.installation_id = n.id)
          union all
          select j.installation_id from journals j
           where (j.covered_through is null or j.covered_through < to_timestamp($3))
             and (j.retired_at is null or j.retired_at > to_timestamp($2)))
      order by i.id limit $4`,
    [o.after, o.from, o.provenSince, o.limit],
  );
  return rows.map(({ id }) => id);
}

/** Writes back what recording changes; retirement is not among it. */
export async function updateJournals(
  transaction: Queryable,
  rows: readonly JournalRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const column = <Value>(read: (row: JournalRow) => Value): Value[] => rows.map(read);
  await transaction.query(
    `update journals j set
       public_key = t.public_key, replaces = t.replaces, last_recorded_at = to_timestamp(t.last_recorded_at),
       first_covered_at = to_timestamp(t.first_covered_at), covered_through = to_timestamp(t.covered_through),
       through = t.through, highest = t.highest, revision = t.revision,
       final_at = to_timestamp(t.final_at), final_sequence = t.final_sequence,
       agent_version = t.agent_version, clock_skew_ms = t.clock_skew_ms, backlog = t.backlog,
       interval_seconds = t.interval_seconds, disk_free_bytes = t.disk_free_bytes
     from unnest($1::text[], $2::uuid[], $3::text[], $4::jsonb[], $5::int8[], $6::int8[], $7::int8[], $8::int[],
       $9::int[], $10::int8[], $11::int8[], $12::int[], $13::text[], $14::int8[], $15::int8[], $16::int[],
       $17::int8[])
     as t (installation_id, journal, public_key, replaces, last_recorded_at, first_covered_at, covered_through,
       through, highest, revision, final_at, final_sequence, agent_version, clock_skew_ms, backlog,
       interval_seconds, disk_free_bytes)
     where j.installation_id = t.installation_id and j.journal = t.journal`,
    [
      column((r) => r.installation_id),
      column((r) => r.journal),
      column((r) => r.public_key),
      column((r) => r.replaces && JSON.stringify(r.replaces)),
      column((r) => r.last_recorded_at),
      column((r) => r.first_covered_at),
      column((r) => r.covered_through),
      column((r) => r.through),
      column((r) => r.highest),
      column((r) => r.revision),
      column((r) => r.final_at),
      column((r) => r.final_sequence),
      column((r) => r.agent_version),
      column((r) => r.clock_skew_ms),
      column((r) => r.backlog),
      column((r) => r.interval_seconds),
      column((r) => r.disk_free_bytes),
    ],
  );
}

export async function retireJournal(
  transaction: Queryable,
  key: JournalKey,
  at: Instant | null,
  reason: string,
): Promise<void> {
  await transaction.query(
    `update journals set retired_at = to_timestamp($3),
            retired_reason = case when $3::float8 is null then null else $4 end
      where installation_id = $1 and journal = $2`,
    [key.installation, key.journal, at, reason],
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
