/** Corrections: what a closed period's newer statement differs by, and what became of the difference. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";
import type { PeriodKey, Scope } from "./periods.ts";

/**
 * `awaiting_approval`: a person decides. `ready`: goes on the next invoice. `carried`: too small to bill alone.
 * `invoiced`, `credited`: settled. `dropped`: refused by a person. `not_billed`: later than the contract lets it be billed.
 */
export type CorrectionStatus =
  | "awaiting_approval"
  | "ready"
  | "carried"
  | "invoiced"
  | "credited"
  | "dropped"
  | "not_billed";

export type StoredCorrection = {
  readonly id: string;
  readonly contract_id: string;
  readonly customer_id: string;
  readonly scope: Scope;
  readonly period_from: Instant;
  /** The invoice that booked the period's first statement. */
  readonly of_invoice: string;
  readonly from_statement: string;
  readonly to_statement: string;
  /** The correction's lines, as `rating/correction.ts` of shared has them. */
  readonly document: unknown;
  readonly currency: string;
  /** Signed, in major units. */
  readonly amount: string;
  readonly status: CorrectionStatus;
  readonly status_reason: string | null;
  readonly invoice_id: string | null;
  readonly created_at: Instant;
  readonly approved_by: string | null;
  readonly approved_at: Instant | null;
  readonly decision_reason: string | null;
};

const columns =
  "id, contract_id, customer_id, scope, period_from, of_invoice, from_statement, to_statement, document, currency, amount, status, status_reason, invoice_id, created_at, approved_by, approved_at, decision_reason";

export type NewCorrection = Omit<
  StoredCorrection,
  "invoice_id" | "approved_by" | "approved_at" | "decision_reason"
>;

export async function insertCorrection(db: Queryable, row: NewCorrection): Promise<void> {
  await db.query(
    `insert into corrections (id, contract_id, customer_id, scope, period_from, of_invoice,
       from_statement, to_statement, document, currency, amount, status, status_reason, created_at)
     values ($1, $2, $3, $4, to_timestamp($5), $6, $7, $8, $9, $10, $11, $12, $13, to_timestamp($14))`,
    [
      row.id,
      row.contract_id,
      row.customer_id,
      row.scope,
      row.period_from,
      row.of_invoice,
      row.from_statement,
      row.to_statement,
      JSON.stringify(row.document),
      row.currency,
      row.amount,
      row.status,
      row.status_reason,
      row.created_at,
    ],
  );
}

export async function findCorrection(db: Queryable, id: string): Promise<StoredCorrection | null> {
  const rows = await db.query<StoredCorrection>(
    `select ${columns} from corrections where id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** Those of a contract that are neither settled nor decided against, by period and age. */
export async function openCorrections(
  db: Queryable,
  contract: string,
): Promise<StoredCorrection[]> {
  return db.query<StoredCorrection>(
    `select ${columns} from corrections
     where contract_id = $1 and status in ('awaiting_approval', 'ready', 'carried')
     order by period_from, scope, created_at, id`,
    [contract],
  );
}

export async function correctionsOfPeriod(
  db: Queryable,
  key: PeriodKey,
): Promise<StoredCorrection[]> {
  return db.query<StoredCorrection>(
    `select ${columns} from corrections
     where contract_id = $1 and scope = $2 and period_from = to_timestamp($3)
     order by created_at, id`,
    [key.contract, key.scope, key.from],
  );
}

/** Those that any of the invoices carries, and those that correct what any of them booked. */
export async function correctionsAround(
  db: Queryable,
  invoices: readonly string[],
): Promise<StoredCorrection[]> {
  return db.query<StoredCorrection>(
    `select ${columns} from corrections
     where invoice_id = any($1::text[]) or of_invoice = any($1::text[])
     order by period_from, created_at, id`,
    [invoices],
  );
}

/** Newest first; `status` null: all. */
export async function listCorrections(
  db: Queryable,
  page: {
    customer: string | null;
    status: string | null;
    after: { createdAt: Instant; id: string } | null;
    limit: number;
  },
): Promise<StoredCorrection[]> {
  return db.query<StoredCorrection>(
    `select ${columns} from corrections
     where ($1::text is null or customer_id = $1) and ($2::text is null or status = $2)
       and ($3::float8 is null or (created_at, id) < (to_timestamp($3), $4::text))
     order by created_at desc, id desc limit $5`,
    [page.customer, page.status, page.after?.createdAt ?? null, page.after?.id ?? null, page.limit],
  );
}

export async function saveCorrectionStatus(
  db: Queryable,
  ids: readonly string[],
  status: CorrectionStatus,
  reason: string | null,
): Promise<void> {
  await db.query(
    `update corrections set status = $2, status_reason = $3 where id = any($1::text[])`,
    [ids, status, reason],
  );
}

/** What was to go on a next invoice that will not come. */
export async function awaitFinalApproval(db: Queryable, contract: string): Promise<void> {
  await db.query(
    `update corrections set status = 'awaiting_approval',
       status_reason = 'the contract has ended: a person approves its final settlement'
     where contract_id = $1 and status = 'ready'`,
    [contract],
  );
}

export async function saveCorrectionsInvoiced(
  db: Queryable,
  ids: readonly string[],
  invoice: string,
): Promise<void> {
  await db.query(
    `update corrections set status = 'invoiced', status_reason = null, invoice_id = $2
     where id = any($1::text[])`,
    [ids, invoice],
  );
}

export async function saveCorrectionDecision(
  db: Queryable,
  id: string,
  decision: { status: CorrectionStatus; by: string; at: Instant; reason: string },
): Promise<void> {
  await db.query(
    `update corrections set status = $2, status_reason = null, approved_by = $3,
       approved_at = to_timestamp($4), decision_reason = $5
     where id = $1`,
    [id, decision.status, decision.by, decision.at, decision.reason],
  );
}
