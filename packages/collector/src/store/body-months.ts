/** Months of signed bytes: what is in them, what still rests on them, and their end. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";
import { evidentColumns, type EvidentReport } from "./invoice-evidence.ts";
import type { ReportKey } from "./reports.ts";

/** First days of the months before `before` that have a partition, oldest first. */
export async function monthsBefore(db: Queryable, before: string): Promise<string[]> {
  const rows = await db.query<{ month: string }>(
    `select month from (
       select replace(substring(c.relname from '\\d{4}_\\d{2}$'), '_', '-') || '-01' as month
         from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'report_bodies'::regclass) m
      where month < $1 order by month`,
    [before],
  );
  return rows.map(({ month }) => month);
}

export async function countBodies(db: Queryable, month: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    "select count(*)::int as count from report_bodies where recorded_month = $1",
    [month],
  );
  return row?.count ?? 0;
}

/** In order of installation, journal and sequence, after the last one seen. */
export async function bodiesOfMonth(
  db: Queryable,
  month: string,
  page: { after: ReportKey | null; limit: number },
): Promise<(EvidentReport & { codec: string; packed: Buffer })[]> {
  const { after, limit } = page;
  return db.query(
    `select ${evidentColumns}, b.codec, b.packed
     from report_bodies b join reports r using (installation_id, journal, sequence)
     where b.recorded_month = $1
       and ($2::text is null or (b.installation_id, b.journal, b.sequence) > ($2::text, $3::uuid, $4::int))
     order by b.installation_id, b.journal, b.sequence limit $5`,
    [month, after?.installation ?? null, after?.journal ?? null, after?.sequence ?? null, limit],
  );
}

/** Reports of the month that still wait for a person: their bytes are needed to count them. */
export async function undecidedOfMonth(db: Queryable, month: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from report_bodies b join reports r using (installation_id, journal, sequence)
      where b.recorded_month = $1 and r.outcome <> 'accepted' and r.decision is null`,
    [month],
  );
  return row?.count ?? 0;
}

/**
 * The newest invoice, booked after `since`, whose period these reports speak of; null when there is none. An invoice rests
 * also on the periods that it corrects, and a credit note makes the one that it credits as young as itself.
 */
export async function invoiceRestingOn(
  db: Queryable,
  month: string,
  since: Instant,
): Promise<{ id: string; frozen_at: Instant } | null> {
  const rows = await db.query<{ id: string; frozen_at: Instant }>(
    `with spoken as (
       select r.installation_id, least(min(r.touched_from), min(r.covered_from)) as first,
              greatest(max(r.touched_to), max(r.covered_to)) as last
         from report_bodies b join reports r using (installation_id, journal, sequence)
        where b.recorded_month = $1 group by 1),
     resting as (
       select id, frozen_at, customer_id, contract_id, kind as scope, period_from, period_to from invoices
       union all
       select i.id, i.frozen_at, o.customer_id, o.contract_id, c.scope, c.period_from, o.period_to
         from corrections c join invoices i on i.id = c.invoice_id join invoices o on o.id = c.of_invoice
       union all
       select o.id, n.frozen_at, o.customer_id, o.contract_id, n.scope, n.period_from, o.period_to
         from credit_notes n join invoices o on o.id = n.invoice_id)
     select i.id, i.frozen_at from spoken s
       join assignments a on a.installation_id = s.installation_id
       join resting i on i.customer_id = a.customer_id
       left join periods p on p.contract_id = i.contract_id and p.scope = i.scope and p.period_from = i.period_from
      where i.frozen_at > to_timestamp($2) and s.first < i.period_to
        and s.last > coalesce(p.rests_on_from, i.period_from)
      order by i.frozen_at desc, i.id limit 1`,
    [month, since],
  );
  return rows[0] ?? null;
}

/** Nobody who reports waits for it longer than this. */
const lockMsMax = 5000;

/** Until the transaction ends nothing is booked, corrected or credited: what was about to be is seen first. */
export async function holdBookings(transaction: Queryable): Promise<void> {
  await transaction.query(`set local lock_timeout = ${lockMsMax}`);
  await transaction.query("lock table invoices, corrections, credit_notes in share mode");
}

/** After {@link holdBookings}. */
export async function dropMonth(transaction: Queryable, month: string): Promise<void> {
  if (!/^\d{4}-\d{2}-01$/.test(month)) throw new RangeError(`${month} is no month`);
  await transaction.query(`drop table report_bodies_${month.slice(0, 7).replace("-", "_")}`);
}
