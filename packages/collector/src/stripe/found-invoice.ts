/** What Stripe holds of one of our invoices, read from its answers and checked as they come in. */

import type { Stripe } from "stripe";
import type { Instant } from "@submeter/shared/time/instant";
import { fromStripeAmount } from "./stripe-amount.ts";
import { MalformedAnswer } from "./stripe-answer.ts";

export type FoundLine = {
  readonly stripeLineId: string;
  /** Our id from the line's metadata; null for a line that is not ours. */
  readonly lineId: string | null;
  readonly amountMinor: bigint;
  readonly currency: string;
};

export type FoundStatus = "draft" | "open" | "paid" | "uncollectible" | "void";

export type FoundInvoice = {
  readonly stripeInvoiceId: string;
  readonly stripeCustomerId: string;
  /** Our id from the metadata; null for an invoice that is not ours. */
  readonly invoiceId: string | null;
  readonly linesHash: string | null;
  readonly status: FoundStatus;
  readonly created: Instant;
  readonly currency: string;
  /** Before tax and before discounts of the whole invoice. */
  readonly subtotalMinor: bigint;
  /** Before tax, after discounts: anything but the subtotal means that a discount of Stripe's own was applied. */
  readonly totalBeforeTaxMinor: bigint;
  /** What is still owed. */
  readonly remainingMinor: bigint;
  readonly number: string | null;
  readonly hostedUrl: string | null;
  readonly lines: readonly FoundLine[];
};

const statuses: readonly string[] = ["draft", "open", "paid", "uncollectible", "void"];

/** `lines` are all of the invoice's lines, which the invoice itself shows only the first few of. */
export function readInvoice(
  invoice: Stripe.Invoice,
  lines: readonly Stripe.InvoiceLineItem[],
): FoundInvoice {
  const currency = text(invoice.currency, "currency");
  const status = text(invoice.status, "status");
  if (!statuses.includes(status)) throw new MalformedAnswer(`an invoice with status ${status}`);
  const amount = (value: unknown, name: string) => minor(currency, value, name);
  return {
    stripeInvoiceId: text(invoice.id, "id"),
    stripeCustomerId: text(idOf(invoice.customer), "customer"),
    invoiceId: invoice.metadata?.["invoice_id"] ?? null,
    linesHash: invoice.metadata?.["lines_hash"] ?? null,
    status: status as FoundStatus,
    created: invoice.created,
    currency,
    subtotalMinor: amount(invoice.subtotal_excluding_tax ?? invoice.subtotal, "subtotal"),
    totalBeforeTaxMinor: amount(invoice.total_excluding_tax ?? invoice.total, "total"),
    remainingMinor: amount(invoice.amount_remaining, "amount_remaining"),
    number: invoice.number,
    hostedUrl: invoice.hosted_invoice_url ?? null,
    lines: lines.map(readLine),
  };
}

function readLine(line: Stripe.InvoiceLineItem): FoundLine {
  const currency = text(line.currency, "line currency");
  return {
    stripeLineId: text(line.id, "line id"),
    lineId: line.metadata["line_id"] ?? null,
    amountMinor: minor(currency, line.amount, "line amount"),
    currency,
  };
}

/** Stripe's id of an object that may come expanded. */
export function idOf(reference: string | { id: string } | null | undefined): string | null {
  if (reference === null || reference === undefined) return null;
  return typeof reference === "string" ? reference : reference.id;
}

export function text(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "") throw new MalformedAnswer(`no ${name} in it`);
  return value;
}

export function minor(currency: string, value: unknown, name: string): bigint {
  const amount = fromStripeAmount(currency, value);
  if (amount === null) throw new MalformedAnswer(`${name} is no amount in ${currency}`);
  return amount;
}
