/** What touched closed periods: reports that their cuts had not seen, and whose contracts an installation concerns. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

/**
 * Marks the closed periods that reports recorded or decided since the cursors touch, and moves the cursors, in one
 * statement: a report is turned into marks once. Answers the number of marks. A mark is a hint; the cut decides.
 */
export async function markTouched(
  db: Queryable,
  mark: { reason: string; at: Instant },
): Promise<number> {
  const rows = await db.query<{ marks: number }>(
    `with touched as (
       select j.installation_id, j.journal, j.revision, t.touched_from, t.touched_to, t.restates_from
       from journals j
       left join touch_cursors c on c.installation_id = j.installation_id and c.journal = j.journal
       cross join lateral (
         select min(r.touched_from) as touched_from, max(r.touched_to) as touched_to,
           min(r.restates_from) as restates_from from reports r
         where r.installation_id = j.installation_id and r.journal = j.journal
           and r.revision > coalesce(c.revision, 0) and r.revision <= j.revision) t
       where j.revision > coalesce(c.revision, 0)
     ), moved as (
       insert into touch_cursors (installation_id, journal, revision)
       select installation_id, journal, revision from touched
       on conflict (installation_id, journal) do update set revision = excluded.revision
     ), marked as (
       insert into period_marks (contract_id, scope, period_from, reason, marked_at, last_marked_at)
       select distinct p.contract_id, p.scope, p.period_from, $1, to_timestamp($2), to_timestamp($2)
       from touched t
       join assignments a on a.installation_id = t.installation_id
       join periods p on p.customer_id = a.customer_id and p.scope = 'period'
         and (p.period_to > t.restates_from
           or p.period_to > t.touched_from and coalesce(p.rests_on_from, p.period_from) < t.touched_to)
       on conflict (contract_id, scope, period_from, reason)
         do update set last_marked_at = excluded.last_marked_at
       returning 1
     )
     select count(*)::int as marks from marked`,
    [mark.reason, mark.at],
  );
  return rows[0]?.marks ?? 0;
}

/** Contracts of every customer that the installation was ever assigned to. */
export async function contractsOfInstallation(
  db: Queryable,
  installation: string,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select distinct c.id from assignments a join contracts c on c.customer_id = a.customer_id
     where a.installation_id = $1 order by c.id`,
    [installation],
  );
  return rows.map((row) => row.id);
}

/**
 * True when a report that the cut had not seen touches [from, to) or restates hours before `to`: the exact test behind a
 * mark, which is only a hint. `from` is where the statement's evidence begins: an estimate's before its period.
 * `cut` is a statement's; a journal that it does not name was not seen at all.
 */
export async function touchedAfterCut(
  db: Queryable,
  installations: readonly string[],
  cut: readonly { installation: string; journal: string; revision: string }[],
  from: Instant,
  to: Instant,
): Promise<boolean> {
  const rows = await db.query(
    `select 1 from journals j
     left join unnest($2::text[], $3::uuid[], $4::bigint[]) as c (installation_id, journal, revision)
       on c.installation_id = j.installation_id and c.journal = j.journal
     where j.installation_id = any($1::text[]) and exists (
       select 1 from reports r
       where r.installation_id = j.installation_id and r.journal = j.journal
         and r.revision > coalesce(c.revision, 0)
         and (r.restates_from < to_timestamp($6)
           or r.touched_from < to_timestamp($6) and r.touched_to > to_timestamp($5)))
     limit 1`,
    [
      installations,
      cut.map((entry) => entry.installation),
      cut.map((entry) => entry.journal),
      cut.map((entry) => entry.revision),
      from,
      to,
    ],
  );
  return rows.length === 1;
}
