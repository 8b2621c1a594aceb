/** Credit notes: decreases that were given back on the invoices that had billed them. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";
import type { InvoiceStatus, PushError } from "./invoices.ts";
import type { Scope } from "./periods.ts";

export type StoredCreditNote = {
  readonly id: string;
  readonly customer_id: string;
  readonly contract_id: string;
  readonly scope: Scope;
  readonly period_from: Instant;
  readonly invoice_id: string;
  readonly status: InvoiceStatus;
  readonly currency: string;
  readonly total_minor: bigint;
  readonly document: Uint8Array;
  readonly stripe_credit_note_id: string | null;
  readonly stripe_number: string | null;
  readonly stripe_total_minor: bigint | null;
  readonly push_attempts: number;
  readonly next_push_at: Instant | null;
  readonly last_error: PushError | null;
  readonly frozen_at: Instant;
  readonly finalized_at: Instant | null;
};

const columns =
  "id, customer_id, contract_id, scope, period_from, invoice_id, status, currency, total_minor, document, stripe_credit_note_id, stripe_number, stripe_total_minor, push_attempts, next_push_at, last_error, frozen_at, finalized_at";

export type NewCreditNote = Pick<
  StoredCreditNote,
  | "id"
  | "customer_id"
  | "contract_id"
  | "scope"
  | "period_from"
  | "invoice_id"
  | "currency"
  | "total_minor"
  | "document"
  | "frozen_at"
>;

export async function insertCreditNote(
  db: Queryable,
  row: NewCreditNote,
  corrections: readonly string[],
): Promise<void> {
  await db.query(
    `insert into credit_notes (id, customer_id, contract_id, scope, period_from, invoice_id, status,
       currency, total_minor, document, frozen_at)
     values ($1, $2, $3, $4, to_timestamp($5), $6, 'booked', $7, $8, $9, to_timestamp($10))`,
    [
      row.id,
      row.customer_id,
      row.contract_id,
      row.scope,
      row.period_from,
      row.invoice_id,
      row.currency,
      row.total_minor,
      row.document,
      row.frozen_at,
    ],
  );
  await db.query(
    `insert into correction_credits (correction_id, credit_note_id) select unnest($1::text[]), $2`,
    [corrections, row.id],
  );
}

export async function findCreditNote(db: Queryable, id: string): Promise<StoredCreditNote | null> {
  const rows = await db.query<StoredCreditNote>(
    `select ${columns} from credit_notes where id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** Credit notes to any of the invoices, oldest first. */
export async function creditNotesTo(
  db: Queryable,
  invoices: readonly string[],
): Promise<StoredCreditNote[]> {
  return db.query<StoredCreditNote>(
    `select ${columns} from credit_notes where invoice_id = any($1::text[]) order by frozen_at, id`,
    [invoices],
  );
}

/**
 * Ids of what is to be pushed, oldest first; all that waits when `now` is null. A credit note waits for the number of
 * its invoice, because its document must name it.
 */
export async function creditNotesToPush(db: Queryable, now: Instant | null): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select n.id from credit_notes n join invoices i on i.id = n.invoice_id
     where n.status in ('booked', 'pushing') and i.status in ('finalized', 'not_pushed')
       and ($1::float8 is null or n.next_push_at is null or n.next_push_at <= to_timestamp($1))
     order by n.frozen_at, n.id`,
    [now],
  );
  return rows.map((row) => row.id);
}

export async function saveCreditProgress(
  db: Queryable,
  id: string,
  stripeCreditNoteId: string | null,
): Promise<void> {
  await db.query(
    `update credit_notes set status = 'pushing', stripe_credit_note_id = $2
     where id = $1 and status in ('booked', 'pushing')`,
    [id, stripeCreditNoteId],
  );
}

export async function saveCredited(
  db: Queryable,
  id: string,
  issued: { stripeCreditNoteId: string; number: string; totalMinor: bigint; at: Instant },
): Promise<void> {
  await db.query(
    `update credit_notes set status = 'finalized', stripe_credit_note_id = $2, stripe_number = $3,
       stripe_total_minor = $4, finalized_at = to_timestamp($5), push_attempts = push_attempts + 1,
       next_push_at = null, last_error = null
     where id = $1`,
    [id, issued.stripeCreditNoteId, issued.number, issued.totalMinor, issued.at],
  );
}

export async function saveCreditFailure(
  db: Queryable,
  id: string,
  failure: { status: InvoiceStatus; error: PushError | null; nextAt: Instant | null },
): Promise<void> {
  await db.query(
    `update credit_notes set status = $2, last_error = $3, next_push_at = to_timestamp($4),
       push_attempts = push_attempts + 1
     where id = $1`,
    [id, failure.status, failure.error && JSON.stringify(failure.error), failure.nextAt],
  );
}

/** Refused and never pushed notes to an invoice, into the outbox again; answers how many. */
export async function putCreditNotesBack(db: Queryable, invoice: string): Promise<number> {
  const rows = await db.query(
    `update credit_notes set status = 'booked', next_push_at = null, last_error = null
     where invoice_id = $1 and status in ('refused', 'not_pushed') returning id`,
    [invoice],
  );
  return rows.length;
}
