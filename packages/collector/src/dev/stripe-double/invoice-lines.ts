/** Lines of the double's invoices: added to drafts, changed in drafts, fixed for good afterwards. */

import type { Stripe } from "stripe";
import { nextId } from "./books.ts";
import type { Call } from "./call.ts";
import { draftNamed, invoiceNamed, linesOf, shown, sumUp } from "./invoices.ts";
import { page } from "./list-page.ts";
import type { PageRequest } from "./list-page.ts";
import { withMetadata } from "./metadata.ts";
import { onlyModelled } from "./modelled.ts";
import { invalid, missing } from "./refusal.ts";

const linesMax = 250;
const descriptionLengthMax = 5000;
const lineParameters = ["amount", "description", "discountable", "metadata", "period"];

/** All or nothing: one line that is refused leaves the invoice as it was. */
export function addLines({ books, id, now, params }: Call): Stripe.Invoice {
  onlyModelled(params, ["lines", "invoice_metadata"]);
  const { lines, invoice_metadata } = params as unknown as Stripe.InvoiceAddLinesParams;
  const invoice = draftNamed(books, id);
  for (const line of lines) onlyModelled(line, lineParameters);
  const present = linesOf(books, id);
  if (present.length + lines.length > linesMax) {
    const message = `An invoice has at most ${linesMax} lines`;
    throw invalid("invoice_too_many_line_items", message, "lines");
  }
  const metadata = withMetadata(invoice.metadata ?? {}, invoice_metadata);
  const made = lines.map((line, index) => {
    checkLine(line, `lines[${index}]`);
    return newLine(invoice, line, now);
  });
  for (const line of made) line.id = nextId(books, "il");
  books.lines.set(id, [...present, ...made]);
  invoice.metadata = metadata;
  sumUp(books, invoice);
  return shown(books, invoice);
}

export function listLines({ books, id, params }: Call): Stripe.ApiList<Stripe.InvoiceLineItem> {
  onlyModelled(params, ["limit", "starting_after", "ending_before"]);
  invoiceNamed(books, id);
  return page(linesOf(books, id), params as PageRequest, `/v1/invoices/${id}/lines`);
}

export function updateLine({ books, id, partId, params }: Call): Stripe.InvoiceLineItem {
  onlyModelled(params, lineParameters);
  const request = params as Stripe.InvoiceUpdateLineItemParams;
  const invoice = draftNamed(books, id);
  const line = linesOf(books, id).find((candidate) => candidate.id === partId);
  if (line === undefined) throw missing("line item", partId);
  checkLine({ amount: line.amount, ...request }, "line");
  line.metadata = withMetadata(line.metadata, request.metadata);
  line.amount = request.amount ?? line.amount;
  line.subtotal = line.amount;
  line.description = request.description ?? line.description;
  line.discountable = request.discountable ?? line.discountable;
  line.period = request.period ?? line.period;
  sumUp(books, invoice);
  return line;
}

type LineRequest = Pick<Stripe.InvoiceAddLinesParams.Line, "amount" | "description" | "period">;

function checkLine({ amount, description, period }: LineRequest, param: string): void {
  if (amount === undefined) {
    throw invalid("parameter_missing", `Missing required param: ${param}[amount].`, param);
  }
  if ((description ?? "").length > descriptionLengthMax) {
    const message = `${param}[description] has at most ${descriptionLengthMax} characters`;
    throw invalid("parameter_invalid", message, `${param}[description]`);
  }
  if (period !== undefined && period.end < period.start) {
    const message = "A period ends before it starts";
    throw invalid("parameter_invalid", message, `${param}[period][end]`);
  }
}

function newLine(
  invoice: Stripe.Invoice,
  line: Stripe.InvoiceAddLinesParams.Line,
  now: number,
): Stripe.InvoiceLineItem {
  const amount = line.amount ?? 0;
  return {
    id: "",
    object: "line_item",
    amount,
    currency: invoice.currency,
    description: line.description ?? null,
    discount_amounts: [],
    discountable: line.discountable ?? amount >= 0,
    discounts: [],
    invoice: invoice.id,
    livemode: false,
    metadata: withMetadata({}, line.metadata),
    parent: null,
    period: line.period ?? { start: now, end: now },
    pretax_credit_amounts: [],
    pricing: null,
    quantity: 1,
    quantity_decimal: null,
    subscription: null,
    subtotal: amount,
    taxes: [],
  };
}
