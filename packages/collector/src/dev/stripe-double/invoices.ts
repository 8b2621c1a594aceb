/** Invoices of the double: made as drafts, filled, finalized from one gapless series, paid or voided. */

import type { Stripe } from "stripe";
import { secondsPerDay } from "@submeter/shared/time/instant";
import type { Instant } from "@submeter/shared/time/instant";
import { nextCount, nextId, sumOf } from "./books.ts";
import type { Books } from "./books.ts";
import type { Call } from "./call.ts";
import { customerNamed, customerOf } from "./customers.ts";
import { newInvoice } from "./new-invoice.ts";
import { createdWithin, page } from "./list-page.ts";
import type { PageRequest } from "./list-page.ts";
import { withMetadata } from "./metadata.ts";
import { onlyModelled } from "./modelled.ts";
import { invalid, missing } from "./refusal.ts";

/** Stripe shows the first lines within the invoice; the others come by page. */
const linesShownMax = 10;
const descriptionLengthMax = 1500;

const draftParameters = ["auto_advance", "days_until_due", "description", "footer", "metadata"];

export function createInvoice({ books, now, params }: Call): Stripe.Invoice {
  onlyModelled(params, [
    ...draftParameters,
    "customer",
    "currency",
    "collection_method",
    "pending_invoice_items_behavior",
  ]);
  const request = params as Stripe.InvoiceCreateParams;
  const { customer: customerId, description } = request;
  if (customerId === undefined) {
    throw invalid("parameter_missing", "Missing required param: customer.", "customer");
  }
  checkTerms(request);
  checkDescription(description);
  const customer = customerNamed(books, customerId, "customer");
  const invoice = newInvoice(nextId(books, "in"), customer, request, now);
  invoice.metadata = withMetadata({}, request.metadata);
  books.invoices.set(invoice.id, invoice);
  books.lines.set(invoice.id, []);
  return shown(books, invoice);
}

export function retrieveInvoice({ books, id }: Call): Stripe.Invoice {
  return shown(books, invoiceNamed(books, id));
}

export function listInvoices({ books, params }: Call): Stripe.ApiList<Stripe.Invoice> {
  onlyModelled(params, [
    "customer",
    "created",
    "status",
    "limit",
    "starting_after",
    "ending_before",
  ]);
  const { customer, created, status } = params as Stripe.InvoiceListParams;
  const matching = [...books.invoices.values()]
    .toReversed()
    .filter((invoice) => customer === undefined || invoice.customer === customer)
    .filter((invoice) => status === undefined || invoice.status === status)
    .filter((invoice) => createdWithin(invoice.created, created))
    .map((invoice) => shown(books, invoice));
  return page(matching, params as PageRequest, "/v1/invoices");
}

/** Of a finalized invoice only what is not on the document can change. */
export function updateInvoice({ books, id, params }: Call): Stripe.Invoice {
  onlyModelled(params, draftParameters);
  const invoice = invoiceNamed(books, id);
  const request = params as Stripe.InvoiceUpdateParams;
  const { auto_advance, days_until_due, description, footer, metadata } = request;
  if (invoice.status !== "draft") {
    for (const name of ["days_until_due", "description", "footer"] as const) {
      if (request[name] !== undefined) {
        throw invalid("invoice_not_editable", `Finalized invoices can't be updated: ${name}`, name);
      }
    }
  }
  checkDescription(description);
  invoice.metadata = withMetadata(invoice.metadata ?? {}, metadata);
  if (auto_advance !== undefined) invoice.auto_advance = auto_advance;
  if (description !== undefined) invoice.description = description;
  if (footer !== undefined) invoice.footer = footer;
  if (days_until_due !== undefined) {
    invoice.due_date = invoice.created + days_until_due * secondsPerDay;
  }
  return shown(books, invoice);
}

export function deleteInvoice({ books, id }: Call): Stripe.DeletedInvoice {
  const invoice = draftNamed(books, id);
  books.invoices.delete(invoice.id);
  books.lines.delete(invoice.id);
  return { id: invoice.id, object: "invoice", deleted: true };
}

export function finalizeInvoice({ books, id, now, params }: Call): Stripe.Invoice {
  onlyModelled(params, ["auto_advance"]);
  const invoice = invoiceNamed(books, id);
  if (invoice.status !== "draft") {
    throw invalid("invoice_already_finalized", "This invoice is already finalized.");
  }
  if (linesOf(books, id).length === 0) {
    throw invalid("invoice_no_customer_line_items", "Nothing to invoice: there are no lines.");
  }
  const { auto_advance } = params as Stripe.InvoiceFinalizeInvoiceParams;
  if (auto_advance !== undefined) invoice.auto_advance = auto_advance;
  const series = String(nextCount(books, "invoice number")).padStart(4, "0");
  invoice.number = `${books.tag.toUpperCase()}-${series}`;
  invoice.effective_at = now;
  invoice.status_transitions.finalized_at = now;
  invoice.hosted_invoice_url = `${books.url}/_double/invoices/${invoice.id}`;
  invoice.status = "open";
  applyBalance(books, invoice);
  settleIfNothingIsOwed(invoice, now);
  return shown(books, invoice);
}

export function voidInvoice({ books, id, now }: Call): Stripe.Invoice {
  const invoice = openNamed(books, id);
  invoice.status = "void";
  invoice.status_transitions.voided_at = now;
  invoice.amount_remaining = 0;
  return shown(books, invoice);
}

/** The double has no cards: an invoice is paid by hand, as a bank transfer would be. */
export function payInvoice({ books, id, now, params }: Call): Stripe.Invoice {
  onlyModelled(params, ["paid_out_of_band"]);
  if ((params as Stripe.InvoicePayParams).paid_out_of_band !== true) {
    throw invalid("double_unmodelled", "The Stripe double pays with paid_out_of_band only");
  }
  const invoice = openNamed(books, id);
  // docs.stripe.com/api/invoices/pay: what is paid elsewhere counts as paid in full.
  invoice.amount_paid = invoice.amount_remaining;
  invoice.amount_remaining = 0;
  settleIfNothingIsOwed(invoice, now);
  return shown(books, invoice);
}

export function invoiceNamed(books: Books, id: string, param?: string): Stripe.Invoice {
  const invoice = books.invoices.get(id);
  if (invoice === undefined) throw missing("invoice", id, param);
  return invoice;
}

export function draftNamed(books: Books, id: string): Stripe.Invoice {
  const invoice = invoiceNamed(books, id);
  if (invoice.status !== "draft") {
    throw invalid("invoice_not_editable", `A finalized invoice cannot be changed: ${id}`);
  }
  return invoice;
}

export function linesOf(books: Books, id: string): Stripe.InvoiceLineItem[] {
  return books.lines.get(id) ?? [];
}

/** The invoice as it is answered: with its first lines. */
export function shown(books: Books, invoice: Stripe.Invoice): Stripe.Invoice {
  const url = `/v1/invoices/${invoice.id}/lines`;
  return { ...invoice, lines: page(linesOf(books, invoice.id), { limit: linesShownMax }, url) };
}

/** A draft's sums follow its lines: without tax and discounts, subtotal and total are the sum of the lines. */
export function sumUp(books: Books, invoice: Stripe.Invoice): void {
  const sum = sumOf(linesOf(books, invoice.id).map((line) => line.amount));
  invoice.subtotal = sum;
  invoice.subtotal_excluding_tax = sum;
  invoice.total = sum;
  invoice.total_excluding_tax = sum;
  invoice.amount_due = Math.max(0, sum);
  invoice.amount_remaining = invoice.amount_due;
}

/** Called where the remaining amount may have become zero. */
export function settleIfNothingIsOwed(invoice: Stripe.Invoice, now: Instant): void {
  if (invoice.status !== "open" || invoice.amount_remaining > 0) return;
  invoice.status = "paid";
  invoice.attempted = true;
  invoice.status_transitions.paid_at = now;
}

/** docs.stripe.com/invoicing/customer/balance: credit (a negative balance) lowers what is due, debit raises it. */
function applyBalance(books: Books, invoice: Stripe.Invoice): void {
  const customer = customerOf(books, invoice);
  const due = sumOf([invoice.total, customer.balance]);
  invoice.starting_balance = customer.balance;
  invoice.ending_balance = Math.min(0, due);
  customer.balance = invoice.ending_balance;
  invoice.amount_due = Math.max(0, due);
  invoice.amount_remaining = invoice.amount_due;
}

function openNamed(books: Books, id: string): Stripe.Invoice {
  const invoice = invoiceNamed(books, id);
  if (invoice.status !== "open") {
    throw invalid("invoice_not_open", `The invoice is ${invoice.status ?? "deleted"}, not open.`);
  }
  return invoice;
}

function checkTerms({ collection_method, days_until_due, currency }: Stripe.InvoiceCreateParams) {
  if (collection_method === "send_invoice" && days_until_due === undefined) {
    const message = "If invoices are sent, they need due_date or days_until_due";
    throw invalid("parameter_missing", message, "days_until_due");
  }
  if (collection_method !== "send_invoice" && days_until_due !== undefined) {
    const message = "days_until_due is for invoices that are sent";
    throw invalid("parameter_invalid", message, "days_until_due");
  }
  if (currency !== undefined && !/^[a-z]{3}$/i.test(currency)) {
    throw invalid("parameter_invalid", `Invalid currency: ${currency}`, "currency");
  }
}

function checkDescription(description: string | undefined): void {
  if ((description ?? "").length > descriptionLengthMax) {
    const message = `description has at most ${descriptionLengthMax} characters`;
    throw invalid("parameter_invalid", message, "description");
  }
}
