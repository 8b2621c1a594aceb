/** An invoice as the API shows it, and as one row. */

import { amountText } from "../../text/number-text.ts";
import { nothing, type Page, paragraphs, plural } from "../../text/page.ts";
import type { Paint } from "../../text/paint.ts";
import { type Column, table } from "../../text/table.ts";
import { periodText } from "../../text/time-text.ts";

export type InvoiceStatus = "booked" | "pushing" | "finalized" | "refused" | "not_pushed";

export type Invoice = {
  readonly id: string;
  readonly customer: string;
  readonly contract?: string;
  readonly period: { readonly from: string; readonly to: string };
  /** `opening`: fees in advance of the first period. `settlement`: corrections after the contract's end. */
  readonly kind?: "opening" | "period" | "settlement";
  readonly sequence: number;
  readonly status: InvoiceStatus;
  readonly basis?: string | null;
  readonly provisional?: boolean;
  readonly currency: string;
  readonly total: string;
  readonly stripe?: {
    readonly id?: string | null;
    readonly number?: string | null;
    readonly total?: string | null;
  } | null;
  /** What its period should have been, as known since. */
  readonly corrected_by?: readonly CorrectedBy[];
  readonly credit_notes?: readonly CreditNote[];
  readonly last_error?: { readonly code?: string; readonly detail?: string } | string | null;
};

export type CorrectedBy = {
  readonly id: string;
  readonly amount: string;
  readonly status: string;
  readonly status_reason: string | null;
  readonly invoice: string | null;
};

export type CreditNote = {
  readonly id: string;
  readonly status: InvoiceStatus;
  readonly total: string;
  readonly stripe: { readonly number: string | null } | null;
};

const colours: Readonly<Record<InvoiceStatus, keyof Paint>> = {
  booked: "warning",
  pushing: "warning",
  finalized: "good",
  refused: "bad",
  not_pushed: "faint",
};

const columns: readonly Column[] = [
  { head: "invoice" },
  { head: "customer" },
  { head: "period" },
  { head: "basis" },
  { head: "status" },
  { head: "total", align: "right" },
  { head: "number" },
];

export function invoicesText(page: Page, invoices: readonly Invoice[]): string {
  if (invoices.length === 0) {
    return nothing(
      page,
      "There are no invoices.",
      "submeter close status   shows when the first period closes",
    );
  }
  const refused = invoices.filter((invoice) => invoice.status === "refused");
  return paragraphs(
    table(
      page,
      columns,
      invoices.map((invoice) => cells(page, invoice)),
    ),
    plural(invoices.length, "invoice"),
    refused
      .map((invoice) => page.paint.bad(`  ${invoice.id} was refused: ${errorText(invoice)}`))
      .join("\n"),
  );
}

function cells(page: Page, invoice: Invoice): string[] {
  return [
    invoice.id,
    page.paint.strong(invoice.customer),
    periodText(invoice.period),
    invoice.kind === "opening" || invoice.kind === "settlement" ? invoice.kind : basisText(invoice),
    page.paint[colours[invoice.status]](invoice.status.replaceAll("_", " ")),
    amountText(invoice.total, invoice.currency),
    invoice.stripe?.number ?? "",
  ];
}

function basisText(invoice: {
  readonly basis?: string | null;
  readonly provisional?: boolean;
}): string {
  const basis = (invoice.basis ?? "").replaceAll("_", " ");
  return invoice.provisional === true ? `${basis}, provisional` : basis;
}

/** Why it has not gone out. */
export function errorText(invoice: Invoice): string {
  const error = invoice.last_error;
  if (typeof error === "string") return error;
  return error?.detail ?? error?.code ?? "no reason is recorded";
}
