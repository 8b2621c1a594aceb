/** A fresh credit note and its line, with every member that Stripe's schema requires. */

import type { Stripe } from "stripe";
import { nextCount, nextId } from "./books.ts";
import type { Books } from "./books.ts";
import { customerOf } from "./customers.ts";
import { withMetadata } from "./metadata.ts";

export function newCreditNote(
  books: Books,
  invoice: Stripe.Invoice,
  request: Stripe.CreditNoteCreateParams,
  { total, pre, post }: { total: number; pre: number; post: number },
  now: number,
): Stripe.CreditNote {
  const id = nextId(books, "cn");
  const series = String(nextCount(books, `credit notes of ${invoice.id}`)).padStart(2, "0");
  return {
    id,
    object: "credit_note",
    amount: total,
    amount_shipping: 0,
    created: now,
    currency: invoice.currency,
    customer: customerOf(books, invoice).id,
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: now,
    invoice: invoice.id,
    lines: { object: "list", data: [], has_more: false, url: `/v1/credit_notes/${id}/lines` },
    livemode: false,
    memo: request.memo ?? null,
    metadata: withMetadata({}, request.metadata),
    number: `${invoice.number ?? ""}-CN-${series}`,
    out_of_band_amount: request.out_of_band_amount ?? null,
    pdf: `${books.url}/_double/credit_notes/${id}`,
    post_payment_amount: post,
    pre_payment_amount: pre,
    pretax_credit_amounts: [],
    reason: request.reason ?? null,
    refunds: [],
    shipping_cost: null,
    status: "issued",
    subtotal: total,
    subtotal_excluding_tax: total,
    total,
    total_excluding_tax: total,
    total_taxes: [],
    type: post === 0 ? "pre_payment" : pre === 0 ? "post_payment" : "mixed",
    voided_at: null,
  };
}

export const emptyCreditLine: Stripe.CreditNoteLineItem = {
  id: "",
  object: "credit_note_line_item",
  amount: 0,
  description: null,
  discount_amount: 0,
  discount_amounts: [],
  livemode: false,
  metadata: null,
  pretax_credit_amounts: [],
  quantity: 1,
  tax_rates: [],
  taxes: [],
  type: "invoice_line_item",
  unit_amount: null,
  unit_amount_decimal: null,
};
