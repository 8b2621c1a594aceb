/** Adjustments of usage at rest: what an operator said was counted too much or too little, and who agreed. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type AdjustmentStatus = "proposed" | "approved" | "rejected";

export type AdjustmentRow = {
  readonly id: string;
  readonly customer_id: string;
  readonly number: number;
  readonly meter: string;
  /** Canonical JSON. */
  readonly dimensions: string;
  readonly from_at: Instant;
  readonly to_at: Instant;
  /** Signed decimal. */
  readonly quantity: string;
  readonly reason: string;
  readonly status: AdjustmentStatus;
  readonly created_at: Instant;
  readonly created_by: string;
  readonly decided_at: Instant | null;
  readonly decided_by: string | null;
  readonly decision_reason: string | null;
};

const columns = `id, customer_id, number, meter, dimensions, from_at, to_at, trim_scale(quantity)::text as quantity,
  reason, status, created_at, created_by, decided_at, decided_by, decision_reason`;

/** One after the other for each customer; its row must be locked. */
export async function nextAdjustmentNumber(db: Queryable, customer: string): Promise<number> {
  const rows = await db.query<{ next: number }>(
    "select coalesce(max(number), 0) + 1 as next from usage_adjustments where customer_id = $1",
    [customer],
  );
  return rows[0]?.next ?? 1;
}

export async function insertAdjustment(
  db: Queryable,
  row: Omit<AdjustmentRow, "status" | "decided_at" | "decided_by" | "decision_reason">,
): Promise<void> {
  await db.query(
    `insert into usage_adjustments (id, customer_id, number, meter, dimensions, from_at, to_at, quantity, reason,
       status, created_at, created_by)
     values ($1, $2, $3, $4, $5, to_timestamp($6), to_timestamp($7), $8, $9, 'proposed', to_timestamp($10), $11)`,
    [
      row.id,
      row.customer_id,
      row.number,
      row.meter,
      row.dimensions,
      row.from_at,
      row.to_at,
      row.quantity,
      row.reason,
      row.created_at,
      row.created_by,
    ],
  );
}

export async function findAdjustment(
  db: Queryable,
  id: string,
  lock = false,
): Promise<AdjustmentRow | null> {
  const rows = await db.query<AdjustmentRow>(
    `select ${columns} from usage_adjustments where id = $1${lock ? " for update" : ""}`,
    [id],
  );
  return rows[0] ?? null;
}

/** Newest first. */
export async function listAdjustments(
  db: Queryable,
  filter: { customer: string | null; status: AdjustmentStatus | null },
  page: { after: { createdAt: Instant; id: string } | null; limit: number },
): Promise<AdjustmentRow[]> {
  return db.query<AdjustmentRow>(
    `select ${columns} from usage_adjustments
      where ($1::text is null or customer_id = $1) and ($2::text is null or status = $2)
        and ($3::float8 is null or (created_at, id) < (to_timestamp($3), $4))
      order by created_at desc, id desc limit $5`,
    [
      filter.customer,
      filter.status,
      page.after?.createdAt ?? null,
      page.after?.id ?? "",
      page.limit,
    ],
  );
}

export async function decideAdjustmentRow(
  db: Queryable,
  id: string,
  o: { status: "approved" | "rejected"; at: Instant; by: string; reason: string },
): Promise<void> {
  await db.query(
    `update usage_adjustments set status = $2, decided_at = to_timestamp($3), decided_by = $4, decision_reason = $5
      where id = $1`,
    [id, o.status, o.at, o.by, o.reason],
  );
}

/** What rating reads: the approved ones whose hours overlap [from, to), by id. */
export async function approvedAdjustments(
  db: Queryable,
  customer: string,
  from: Instant,
  to: Instant,
): Promise<AdjustmentRow[]> {
  return db.query<AdjustmentRow>(
    `select ${columns} from usage_adjustments
      where customer_id = $1 and status = 'approved' and from_at < to_timestamp($3) and to_at > to_timestamp($2)
      order by id collate "C"`,
    [customer, from, to],
  );
}

/** Of one customer or of all: the approved ones whose hours overlap [from, to), oldest first. */
export async function adjustmentsOver(
  db: Queryable,
  filter: { customer: string | null; meter: string | null; from: Instant; to: Instant },
  limit: number,
): Promise<AdjustmentRow[]> {
  return db.query<AdjustmentRow>(
    `select ${columns} from usage_adjustments
      where status = 'approved' and from_at < to_timestamp($2) and to_at > to_timestamp($1)
        and ($3::text is null or customer_id = $3) and ($4::text is null or meter = $4)
      order by from_at, id collate "C" limit $5`,
    [filter.from, filter.to, filter.customer, filter.meter, limit],
  );
}

/** How a meter adds up at the customer's installations; empty when none of them declared it. */
export async function aggregationsOf(
  db: Queryable,
  customer: string,
  meter: string,
): Promise<string[]> {
  const rows = await db.query<{ aggregation: string }>(
    `select distinct m.aggregation from installation_meters m
      join assignments a on a.installation_id = m.installation_id
     where a.customer_id = $1 and m.name = $2 order by 1`,
    [customer, meter],
  );
  return rows.map(({ aggregation }) => aggregation);
}

/** The names of those who may approve at `at`. */
export async function approvers(db: Queryable, at: Instant): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `select distinct name from operator_tokens where role in ('owner', 'billing')
        and revoked_at is null and (expires_at is null or expires_at > to_timestamp($1)) order by name`,
    [at],
  );
  return rows.map(({ name }) => name);
}
