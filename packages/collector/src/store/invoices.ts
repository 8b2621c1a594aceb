/** Booked invoices: frozen when they are inserted; afterwards only what the payment provider answered is written. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";
import type { PeriodKey } from "./periods.ts";

export type InvoiceStatus = "booked" | "pushing" | "finalized" | "refused" | "not_pushed";

export type PushError = { readonly code: string; readonly detail: string };

export type InvoiceHead = {
  readonly id: string;
  readonly customer_id: string;
  readonly contract_id: string;
  readonly period_from: Instant;
  readonly period_to: Instant;
  readonly sequence: number;
  readonly kind: "opening" | "period" | "settlement";
  readonly statement_id: string | null;
  readonly status: InvoiceStatus;
  readonly currency: string;
  readonly total_minor: bigint;
  readonly digest: string;
  readonly lines_hash: string;
  readonly stripe_customer_id: string | null;
  readonly stripe_invoice_id: string | null;
  readonly stripe_number: string | null;
  readonly stripe_total_minor: bigint | null;
  readonly stripe_url: string | null;
  readonly push_attempts: number;
  readonly next_push_at: Instant | null;
  readonly last_error: PushError | null;
  readonly frozen_at: Instant;
  readonly finalized_at: Instant | null;
};

export type StoredInvoice = InvoiceHead & { readonly document: Uint8Array };

const headColumns =
  "id, customer_id, contract_id, period_from, period_to, sequence, kind, statement_id, status, currency, total_minor, digest, lines_hash, stripe_customer_id, stripe_invoice_id, stripe_number, stripe_total_minor, stripe_url, push_attempts, next_push_at, last_error, frozen_at, finalized_at";

export type NewInvoice = Pick<
  StoredInvoice,
  | "id"
  | "customer_id"
  | "contract_id"
  | "period_from"
  | "period_to"
  | "sequence"
  | "kind"
  | "statement_id"
  | "status"
  | "currency"
  | "total_minor"
  | "document"
  | "digest"
  | "lines_hash"
  | "frozen_at"
>;

export async function insertInvoice(db: Queryable, row: NewInvoice): Promise<void> {
  await db.query(
    `insert into invoices (id, customer_id, contract_id, period_from, period_to, sequence, kind,
       statement_id, status, currency, total_minor, document, digest, lines_hash, frozen_at)
     values ($1, $2, $3, to_timestamp($4), to_timestamp($5), $6, $7, $8, $9, $10, $11, $12, $13, $14,
       to_timestamp($15))`,
    [
      row.id,
      row.customer_id,
      row.contract_id,
      row.period_from,
      row.period_to,
      row.sequence,
      row.kind,
      row.statement_id,
      row.status,
      row.currency,
      row.total_minor,
      row.document,
      row.digest,
      row.lines_hash,
      row.frozen_at,
    ],
  );
}

export async function findInvoice(db: Queryable, id: string): Promise<StoredInvoice | null> {
  const rows = await db.query<StoredInvoice>(
    `select ${headColumns}, document from invoices where id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** Invoices of one (contract, period), in order of their sequence. */
export async function invoicesOfPeriod(
  db: Queryable,
  contract: string,
  periodFrom: Instant,
): Promise<StoredInvoice[]> {
  return db.query<StoredInvoice>(
    `select ${headColumns}, document from invoices
     where contract_id = $1 and period_from = to_timestamp($2) order by sequence`,
    [contract, periodFrom],
  );
}

/** The invoice that booked the first statement of a period: what a correction refers to. */
export async function originalInvoice(
  db: Queryable,
  key: PeriodKey,
): Promise<StoredInvoice | null> {
  const rows = await db.query<StoredInvoice>(
    `select ${headColumns}, document from invoices
     where contract_id = $1 and kind = $2 and period_from = to_timestamp($3)
     order by sequence limit 1`,
    [key.contract, key.scope, key.from],
  );
  return rows[0] ?? null;
}

/** Newest first; the page goes on after (`frozen_at`, `id`) of the last one seen. */
export async function listInvoices(
  db: Queryable,
  page: {
    customer: string | null;
    status: string | null;
    after: { frozenAt: Instant; id: string } | null;
    limit: number;
  },
): Promise<StoredInvoice[]> {
  return db.query<StoredInvoice>(
    `select ${headColumns}, document from invoices
     where ($1::text is null or customer_id = $1) and ($2::text is null or status = $2)
       and ($3::float8 is null or (frozen_at, id) < (to_timestamp($3), $4::text))
     order by frozen_at desc, id desc limit $5`,
    [page.customer, page.status, page.after?.frozenAt ?? null, page.after?.id ?? null, page.limit],
  );
}

/** Ids of what is to be pushed at `now`, oldest first; all that waits when `now` is null. */
export async function invoicesToPush(db: Queryable, now: Instant | null): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select id from invoices where status in ('booked', 'pushing')
       and ($1::float8 is null or next_push_at is null or next_push_at <= to_timestamp($1))
     order by frozen_at, id`,
    [now],
  );
  return rows.map((row) => row.id);
}

export async function savePushProgress(
  db: Queryable,
  id: string,
  progress: { stripeCustomerId: string | null; stripeInvoiceId: string | null },
): Promise<void> {
  await db.query(
    `update invoices set status = 'pushing', stripe_customer_id = $2, stripe_invoice_id = $3
     where id = $1 and status in ('booked', 'pushing')`,
    [id, progress.stripeCustomerId, progress.stripeInvoiceId],
  );
}

export async function savePushed(
  db: Queryable,
  id: string,
  pushed: {
    stripeCustomerId: string;
    stripeInvoiceId: string;
    number: string;
    totalMinor: bigint;
    url: string | null;
    at: Instant;
  },
): Promise<void> {
  await db.query(
    `update invoices set status = 'finalized', stripe_customer_id = $2, stripe_invoice_id = $3,
       stripe_number = $4, stripe_total_minor = $5, stripe_url = $6, finalized_at = to_timestamp($7),
       push_attempts = push_attempts + 1, next_push_at = null, last_error = null
     where id = $1`,
    [
      id,
      pushed.stripeCustomerId,
      pushed.stripeInvoiceId,
      pushed.number,
      pushed.totalMinor,
      pushed.url,
      pushed.at,
    ],
  );
}

/** An attempt that did not finalize; `nextAt` null when no further one is made without a person. */
export async function savePushFailure(
  db: Queryable,
  id: string,
  failure: { status: InvoiceStatus; error: PushError | null; nextAt: Instant | null },
): Promise<void> {
  await db.query(
    `update invoices set status = $2, last_error = $3, next_push_at = to_timestamp($4),
       push_attempts = push_attempts + 1
     where id = $1`,
    [id, failure.status, failure.error && JSON.stringify(failure.error), failure.nextAt],
  );
}

/** The provider's customer, once known, serves every later document of this customer. */
export async function saveStripeCustomer(
  db: Queryable,
  customer: string,
  stripeCustomerId: string,
): Promise<void> {
  await db.query(
    `update customers set stripe_customer_id = $2 where id = $1 and stripe_customer_id is distinct from $2`,
    [customer, stripeCustomerId],
  );
}

/** Into the outbox again, if it was refused or never pushed; one of 0 stays where it is. */
export async function putInvoiceBack(db: Queryable, id: string): Promise<boolean> {
  const rows = await db.query(
    `update invoices set status = 'booked', next_push_at = null, last_error = null
     where id = $1 and status in ('refused', 'not_pushed') and total_minor > 0 returning id`,
    [id],
  );
  return rows.length === 1;
}

/** The invoice of each closed period, by contract and start. */
export async function bookedInvoices(
  db: Queryable,
  customer: string,
): Promise<ReadonlyMap<string, string>> {
  const rows = await db.query<{ id: string; contract_id: string; period_from: Instant }>(
    `select id, contract_id, period_from from invoices
      where customer_id = $1 and kind = 'period' order by sequence desc`,
    [customer],
  );
  return new Map(rows.map((row) => [`${row.contract_id} ${row.period_from}`, row.id]));
}
