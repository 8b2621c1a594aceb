/** Credit notes of the double: on the lines of a finalized invoice, never more than was invoiced. */

import type { Stripe } from "stripe";
import { nextId, sumOf } from "./books.ts";
import type { Books } from "./books.ts";
import type { Call } from "./call.ts";
import { customerOf } from "./customers.ts";
import { invoiceNamed, linesOf, settleIfNothingIsOwed } from "./invoices.ts";
import { createdWithin, page } from "./list-page.ts";
import type { PageRequest } from "./list-page.ts";
import { withMetadata } from "./metadata.ts";
import { onlyModelled } from "./modelled.ts";
import { emptyCreditLine, newCreditNote } from "./new-credit-note.ts";
import { invalid, missing } from "./refusal.ts";

const linesShownMax = 10;

export function createCreditNote({ books, now, params }: Call): Stripe.CreditNote {
  onlyModelled(params, [
    "invoice",
    "lines",
    "credit_amount",
    "out_of_band_amount",
    "reason",
    "memo",
    "metadata",
    "email_type",
  ]);
  const request = params as unknown as Stripe.CreditNoteCreateParams;
  const invoice = invoiceNamed(books, request.invoice, "invoice");
  if (invoice.status !== "open" && invoice.status !== "paid") {
    const message = `Credit notes are for invoices that are open or paid, not ${invoice.status}`;
    throw invalid("invoice_not_open", message, "invoice");
  }
  const lines = (request.lines ?? []).map((line, index) => newLine(books, invoice, line, index));
  if (lines.length === 0) throw invalid("parameter_missing", "Missing required param: lines.");
  const total = sumOf(lines.map((line) => line.amount));
  const amounts = allotment(books, invoice, request, total);
  const note = newCreditNote(books, invoice, request, { total, ...amounts }, now);
  for (const line of lines) line.id = nextId(books, "cnli");
  books.creditNotes.set(note.id, note);
  books.creditNoteLines.set(note.id, lines);
  bookOn(books, invoice, note, request.credit_amount ?? 0, now);
  return shown(books, note);
}

export function retrieveCreditNote({ books, id }: Call): Stripe.CreditNote {
  return shown(books, noteNamed(books, id));
}

export function listCreditNotes({ books, params }: Call): Stripe.ApiList<Stripe.CreditNote> {
  onlyModelled(params, [
    "invoice",
    "customer",
    "created",
    "limit",
    "starting_after",
    "ending_before",
  ]);
  const { invoice, customer, created } = params as Stripe.CreditNoteListParams;
  const matching = [...books.creditNotes.values()]
    .toReversed()
    .filter((note) => invoice === undefined || note.invoice === invoice)
    .filter((note) => customer === undefined || note.customer === customer)
    .filter((note) => createdWithin(note.created, created))
    .map((note) => shown(books, note));
  return page(matching, params as PageRequest, "/v1/credit_notes");
}

export function listCreditNoteLines(call: Call): Stripe.ApiList<Stripe.CreditNoteLineItem> {
  const { books, id, params } = call;
  onlyModelled(params, ["limit", "starting_after", "ending_before"]);
  noteNamed(books, id);
  const lines = books.creditNoteLines.get(id) ?? [];
  return page(lines, params as PageRequest, `/v1/credit_notes/${id}/lines`);
}

function noteNamed(books: Books, id: string): Stripe.CreditNote {
  const note = books.creditNotes.get(id);
  if (note === undefined) throw missing("credit note", id);
  return note;
}

function shown(books: Books, note: Stripe.CreditNote): Stripe.CreditNote {
  const lines = books.creditNoteLines.get(note.id) ?? [];
  const url = `/v1/credit_notes/${note.id}/lines`;
  return { ...note, lines: page(lines, { limit: linesShownMax }, url) };
}

function newLine(
  books: Books,
  invoice: Stripe.Invoice,
  line: Stripe.CreditNoteCreateParams.Line,
  index: number,
): Stripe.CreditNoteLineItem {
  onlyModelled(line, [
    "type",
    "invoice_line_item",
    "amount",
    "description",
    "quantity",
    "unit_amount",
    "metadata",
  ]);
  const param = `lines[${index}]`;
  return line.type === "invoice_line_item"
    ? lineOnInvoice(books, invoice, line, param)
    : lineOfItsOwn(line, param);
}

function lineOnInvoice(
  books: Books,
  invoice: Stripe.Invoice,
  request: Stripe.CreditNoteCreateParams.Line,
  param: string,
): Stripe.CreditNoteLineItem {
  const id = request.invoice_line_item ?? "";
  const original = linesOf(books, invoice.id).find((line) => line.id === id);
  if (original === undefined) throw missing("line item", id, `${param}[invoice_line_item]`);
  const amount = positive(request.amount, `${param}[amount]`);
  if (sumOf([amount, creditedOn(books, invoice, id)]) > original.amount) {
    const message = `More would be credited than the line's ${original.amount}`;
    throw invalid("amount_too_large", message, `${param}[amount]`);
  }
  return {
    ...emptyCreditLine,
    ...lineTexts(original.description, request),
    amount,
    invoice_line_item: id,
  };
}

function lineOfItsOwn(
  request: Stripe.CreditNoteCreateParams.Line,
  param: string,
): Stripe.CreditNoteLineItem {
  if (request.description === undefined) {
    throw invalid("parameter_missing", `Missing required param: ${param}[description].`, param);
  }
  const unit = positive(request.unit_amount, `${param}[unit_amount]`);
  const quantity = positive(request.quantity, `${param}[quantity]`);
  return {
    ...emptyCreditLine,
    ...lineTexts(request.description, request),
    type: "custom_line_item",
    amount: Number(BigInt(unit) * BigInt(quantity)),
    quantity,
    unit_amount: unit,
  };
}

function lineTexts(description: string | null, request: Stripe.CreditNoteCreateParams.Line) {
  return { description, metadata: withMetadata({}, request.metadata) };
}

/** What the credit notes of an invoice have given back of one of its lines. */
function creditedOn(books: Books, invoice: Stripe.Invoice, lineId: string): number {
  const notes = [...books.creditNotes.values()].filter((note) => note.invoice === invoice.id);
  return sumOf(
    notes
      .flatMap((note) => books.creditNoteLines.get(note.id) ?? [])
      .filter((line) => line.invoice_line_item === lineId)
      .map((line) => line.amount),
  );
}

/** docs.stripe.com/api/credit_notes/create: the excess over what remains must be allotted exactly. */
function allotment(
  books: Books,
  invoice: Stripe.Invoice,
  request: Stripe.CreditNoteCreateParams,
  total: number,
): { pre: number; post: number } {
  const notes = [...books.creditNotes.values()].filter((note) => note.invoice === invoice.id);
  if (sumOf([total, ...notes.map((note) => note.total)]) > invoice.total) {
    const message = `More would be credited than the invoice's ${invoice.total}`;
    throw invalid("amount_too_large", message, "lines");
  }
  const pre = Math.min(total, invoice.amount_remaining);
  const post = total - pre;
  const allotted = sumOf([request.credit_amount ?? 0, request.out_of_band_amount ?? 0]);
  if (allotted !== post) {
    const message = `credit_amount and out_of_band_amount must sum to ${post}, not ${allotted}`;
    throw invalid("parameter_invalid", message, "credit_amount");
  }
  return { pre, post };
}

function bookOn(
  books: Books,
  invoice: Stripe.Invoice,
  note: Stripe.CreditNote,
  toBalance: number,
  now: number,
): void {
  invoice.pre_payment_credit_notes_amount += note.pre_payment_amount;
  invoice.post_payment_credit_notes_amount += note.post_payment_amount;
  invoice.amount_due -= note.pre_payment_amount;
  invoice.amount_remaining -= note.pre_payment_amount;
  settleIfNothingIsOwed(invoice, now);
  customerOf(books, invoice).balance -= toBalance;
}

function positive(amount: number | undefined, param: string): number {
  if (amount === undefined || amount <= 0) {
    throw invalid("parameter_invalid_integer", `${param} must be greater than 0`, param);
  }
  return amount;
}
