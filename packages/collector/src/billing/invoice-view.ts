/** Invoices as they are read: with what they carry, what came of them since, and whether they are still provisional. */

import { decimalsOf, fromMinorUnits } from "@submeter/shared/numbers/currency";
import { formatFixed } from "@submeter/shared/numbers/decimal";
import { decodeStatement } from "@submeter/shared/rating/compute-statement";
import { explainInvoice } from "@submeter/shared/rating/explain";
import type { InvoiceDocument } from "@submeter/shared/rating/invoice";
import type { Statement } from "@submeter/shared/rating/statement";
import { formatInstant } from "@submeter/shared/time/instant";
import { correctionsAround, type StoredCorrection } from "../store/corrections.ts";
import { creditNotesTo, type StoredCreditNote } from "../store/credit-notes.ts";
import type { Queryable } from "../store/database.ts";
import { findInvoice, type StoredInvoice } from "../store/invoices.ts";
import { closedPeriodsOfAll, type Scope, type StoredPeriod } from "../store/periods.ts";
import { findStatement, type StatementHead, statementsOfPeriod } from "../store/statements.ts";
import { textOf } from "./document-bytes.ts";
import { invoiceUnknown } from "./unknown.ts";

export type InvoiceView = {
  readonly invoice: StoredInvoice;
  readonly document: InvoiceDocument;
  /** Null for a settlement. */
  readonly period: StoredPeriod | null;
  /** Corrections of earlier periods that stand on this invoice. */
  readonly carries: readonly StoredCorrection[];
  /** Corrections of what this invoice booked. */
  readonly correctedBy: readonly StoredCorrection[];
  readonly creditNotes: readonly StoredCreditNote[];
};

export async function viewInvoices(
  db: Queryable,
  invoices: readonly StoredInvoice[],
): Promise<InvoiceView[]> {
  const ids = invoices.map(({ id }) => id);
  const corrections = await correctionsAround(db, ids);
  const notes = await creditNotesTo(db, ids);
  const contracts = [...new Set(invoices.map(({ contract_id }) => contract_id))];
  const periods = new Map(
    (await closedPeriodsOfAll(db, contracts)).map((period) => [
      periodName(period.contract_id, period.scope, period.period_from),
      period,
    ]),
  );
  return invoices.map((invoice) => ({
    invoice,
    document: JSON.parse(textOf(invoice.document)) as InvoiceDocument,
    period: periods.get(periodName(invoice.contract_id, invoice.kind, invoice.period_from)) ?? null,
    carries: corrections.filter(({ invoice_id }) => invoice_id === invoice.id),
    correctedBy: corrections.filter(({ of_invoice }) => of_invoice === invoice.id),
    creditNotes: notes.filter(({ invoice_id }) => invoice_id === invoice.id),
  }));
}

export type InvoiceDetail = InvoiceView & {
  readonly statement: Statement | null;
  /** Every statement of its period, the first one booked by it. */
  readonly versions: readonly StatementHead[];
};

/** Throws `invoice_unknown`. */
export async function viewInvoice(db: Queryable, id: string): Promise<InvoiceDetail> {
  const invoice = await findInvoice(db, id);
  if (invoice === null) throw invoiceUnknown(id);
  const [view] = await viewInvoices(db, [invoice]);
  if (view === undefined) throw invoiceUnknown(id);
  const { kind, contract_id: contract, period_from: from } = invoice;
  const stored =
    invoice.statement_id === null ? null : await findStatement(db, invoice.statement_id);
  return {
    ...view,
    statement: stored === null ? null : decodeStatement(stored.document),
    versions:
      kind === "settlement" ? [] : await statementsOfPeriod(db, { contract, scope: kind, from }),
  };
}

/** The invoice as a finance person reads it: every line with how it came about. */
export function explainView({ invoice, document, statement }: InvoiceDetail): string {
  return explainInvoice(document, statement, {
    number: invoice.stripe_number,
    date: formatInstant(invoice.frozen_at).slice(0, 10),
  });
}

export function majorText(minor: bigint, currency: string): string {
  return formatFixed(fromMinorUnits(minor, currency), decimalsOf(currency));
}

function periodName(contract: string, scope: Scope | "settlement", from: number): string {
  return `${contract} ${scope} ${from}`;
}
