/** What is told of invoices, by the transaction that makes it so. */

import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import type { InvoiceDocument } from "@submeter/shared/rating/invoice";
import type { StoredCorrection } from "../store/corrections.ts";
import type { StoredCreditNote } from "../store/credit-notes.ts";
import type { Queryable } from "../store/database.ts";
import { recordEvents } from "../store/events.ts";
import { findInvoice, type StoredInvoice } from "../store/invoices.ts";
import type { StoredPeriod } from "../store/periods.ts";
import { textOf } from "./document-bytes.ts";
import { majorText } from "./invoice-view.ts";

/** `invoice.booked`; and `invoice.provisional` where hours are missing and the fallback was billed. */
export async function tellBooked(db: Queryable, id: string, now: Instant): Promise<void> {
  const { invoice, document } = await read(db, id);
  const data = { ...headOf(invoice, document), document };
  const common = { key: id, at: now, customer: invoice.customer_id, data };
  await recordEvents(db, [{ ...common, type: "invoice.booked" }], now);
  if (document.statement?.provisional !== true) return;
  await recordEvents(db, [{ ...common, type: "invoice.provisional" }], now);
}

/** `invoice.finalized`, with the whole invoice, so that a partner can issue it in a format of its own. */
export async function tellFinalized(db: Queryable, id: string, now: Instant): Promise<void> {
  const { invoice, document } = await read(db, id);
  const data = {
    ...headOf(invoice, document),
    number: invoice.stripe_number,
    url: invoice.stripe_url,
    stripe_invoice: invoice.stripe_invoice_id,
    document,
  };
  const event = { type: "invoice.finalized" as const, key: id, at: now, data };
  await recordEvents(db, [{ ...event, customer: invoice.customer_id }], now);
}

/** `invoice.refused`: each refusal, as an invoice that was put back may be refused again. */
export async function tellRefused(
  db: Queryable,
  id: string,
  error: { code: string; detail: string },
  now: Instant,
): Promise<void> {
  const { invoice, document } = await read(db, id);
  const data = { ...headOf(invoice, document), error };
  const key = `${id} ${invoice.push_attempts}`;
  const event = { type: "invoice.refused" as const, key, at: now, data };
  await recordEvents(db, [{ ...event, customer: invoice.customer_id }], now);
}

export async function tellCorrected(
  db: Queryable,
  correction: StoredCorrection,
  now: Instant,
): Promise<void> {
  const data = {
    invoice: correction.of_invoice,
    customer: correction.customer_id,
    contract: correction.contract_id,
    correction: correction.id,
    currency: correction.currency,
    amount: correction.amount,
    status: correction.status,
    status_reason: correction.status_reason,
  };
  const event = { type: "invoice.corrected" as const, key: correction.id, at: now, data };
  await recordEvents(db, [{ ...event, customer: correction.customer_id }], now);
}

export async function tellCredited(
  db: Queryable,
  note: StoredCreditNote,
  number: string | null,
  now: Instant,
): Promise<void> {
  const data = {
    invoice: note.invoice_id,
    customer: note.customer_id,
    contract: note.contract_id,
    credit_note: note.id,
    number,
    currency: note.currency,
    total: majorText(note.total_minor, note.currency),
  };
  const event = { type: "invoice.credited" as const, key: note.id, at: now, data };
  await recordEvents(db, [{ ...event, customer: note.customer_id }], now);
}

/** A provisional invoice has become final: all its hours are in, or the time for settling is over. */
export async function tellSettled(
  db: Queryable,
  period: Pick<StoredPeriod, "contract_id" | "customer_id" | "period_from" | "period_to">,
  by: "measured" | "time",
  now: Instant,
): Promise<void> {
  const { contract_id: contract, customer_id: customer, period_from: from } = period;
  const data = {
    customer,
    contract,
    period: { from: formatInstant(from), to: formatInstant(period.period_to) },
    by,
  };
  const key = `${contract} ${formatInstant(from)}`;
  await recordEvents(db, [{ type: "invoice.settled", key, at: now, customer, data }], now);
}

async function read(db: Queryable, id: string) {
  const invoice = await findInvoice(db, id);
  if (invoice === null) throw new RangeError(`the invoice ${id} is gone`);
  return { invoice, document: JSON.parse(textOf(invoice.document)) as InvoiceDocument };
}

function headOf(invoice: StoredInvoice, { statement }: InvoiceDocument) {
  return {
    invoice: invoice.id,
    customer: invoice.customer_id,
    contract: invoice.contract_id,
    kind: invoice.kind,
    period: {
      from: formatInstant(invoice.period_from),
      to: formatInstant(invoice.period_to),
    },
    currency: invoice.currency,
    total: majorText(invoice.total_minor, invoice.currency),
    basis: statement?.basis ?? null,
    provisional: statement?.provisional ?? false,
  };
}
