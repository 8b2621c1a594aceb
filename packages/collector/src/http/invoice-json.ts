/** Invoices in the admin API: amounts as decimal strings, instants in RFC 3339. */

import { type InvoiceDetail, type InvoiceView, majorText } from "../billing/invoice-view.ts";
import { formatInstant } from "@submeter/shared/time/instant";
import type { StoredCorrection } from "../store/corrections.ts";
import type { StoredCreditNote } from "../store/credit-notes.ts";
import type { StatementHead } from "../store/statements.ts";
import { textOrNull } from "./instants.ts";

export function invoiceJson(view: InvoiceView) {
  const { invoice, document, period } = view;
  const { currency } = invoice;
  return {
    id: invoice.id,
    customer: invoice.customer_id,
    contract: invoice.contract_id,
    kind: invoice.kind,
    period: { from: formatInstant(invoice.period_from), to: formatInstant(invoice.period_to) },
    sequence: invoice.sequence,
    status: invoice.status,
    basis: document.statement?.basis ?? null,
    /** As it stands today: false once every hour is accounted for, or nothing more may be billed. */
    provisional: document.statement?.provisional === true && period?.settled_at === null,
    settled_at: textOrNull(period?.settled_at ?? null),
    currency,
    statement_total: document.statement_total,
    adjustments_total: document.adjustments_total,
    total: document.total,
    corrections: view.carries.map(carriedJson),
    corrected_by: view.correctedBy.map(correctingJson),
    credit_notes: view.creditNotes.map(noteJson),
    stripe:
      invoice.stripe_invoice_id === null
        ? null
        : {
            id: invoice.stripe_invoice_id,
            number: invoice.stripe_number,
            total:
              invoice.stripe_total_minor === null
                ? null
                : majorText(invoice.stripe_total_minor, currency),
            url: invoice.stripe_url,
          },
    push_attempts: invoice.push_attempts,
    last_error: invoice.last_error,
    booked_at: formatInstant(invoice.frozen_at),
    finalized_at: textOrNull(invoice.finalized_at),
  };
}

export function detailJson(view: InvoiceDetail) {
  const computations = new Map(view.statement?.lines.map((line) => [line.id, line]));
  return {
    ...invoiceJson(view),
    digest: view.invoice.digest,
    document: view.document,
    hours: view.statement?.hours ?? null,
    unpriced: view.statement?.unpriced ?? [],
    /** The invoice's lines; those of the statement with quantity, price and each step of the computation. */
    lines: view.document.lines.map((line) => ({
      ...(line.adjusts === null ? computations.get(line.id) : {}),
      ...line,
    })),
    statements: view.versions.map(statementJson),
  };
}

/** `of`: the invoice that is corrected. */
function carriedJson(row: StoredCorrection) {
  return {
    id: row.id,
    of: row.of_invoice,
    period_from: formatInstant(row.period_from),
    amount: row.amount,
  };
}

function correctingJson(row: StoredCorrection) {
  return {
    id: row.id,
    amount: row.amount,
    status: row.status,
    status_reason: row.status_reason,
    invoice: row.invoice_id,
    created_at: formatInstant(row.created_at),
  };
}

function noteJson(note: StoredCreditNote) {
  return {
    id: note.id,
    status: note.status,
    total: majorText(note.total_minor, note.currency),
    stripe:
      note.stripe_credit_note_id === null
        ? null
        : { id: note.stripe_credit_note_id, number: note.stripe_number },
    last_error: note.last_error,
  };
}

function statementJson(row: StatementHead) {
  return {
    id: row.id,
    number: row.number,
    basis: row.basis,
    provisional: row.provisional,
    total: row.total,
    digest: row.digest,
    inputs_digest: row.inputs_digest,
    reasons: row.reasons,
    created_at: formatInstant(row.created_at),
  };
}
