/** Looks for what Stripe already holds of an invoice, before anything is sent and after every step. */

import type { Stripe } from "stripe";
import { secondsPerDay } from "@submeter/shared/time/instant";
import { readInvoice } from "./found-invoice.ts";
import type { FoundInvoice } from "./found-invoice.ts";
import type { InvoicePush } from "./payments.ts";
import { ask } from "./stripe-answer.ts";
import type { Answer } from "./stripe-answer.ts";

/** One invoice with all of its lines. */
export function lookById(stripe: Stripe, stripeInvoiceId: string): Promise<Answer<FoundInvoice>> {
  return ask(
    async () => withLines(stripe, await stripe.invoices.retrieve(stripeInvoiceId)),
    (found) => found,
  );
}

/**
 * Every invoice of the customer that carries our id. Through the list and not the search, whose index lags; a day
 * earlier than the invoice can exist, since Stripe's clock is not ours.
 */
export function lookByMetadata(
  stripe: Stripe,
  invoice: InvoicePush,
  stripeCustomerId: string,
): Promise<Answer<readonly FoundInvoice[]>> {
  const filter: Stripe.InvoiceListParams = {
    customer: stripeCustomerId,
    created: { gte: invoice.createdAfter - secondsPerDay },
    limit: 100,
  };
  return ask(
    async () => {
      const own: FoundInvoice[] = [];
      for await (const candidate of stripe.invoices.list(filter)) {
        if (candidate.metadata?.["invoice_id"] !== invoice.id) continue;
        own.push(await withLines(stripe, candidate));
      }
      return own;
    },
    (found) => found,
  );
}

async function withLines(stripe: Stripe, invoice: Stripe.Invoice): Promise<FoundInvoice> {
  if (!invoice.lines.has_more) return readInvoice(invoice, invoice.lines.data);
  const lines: Stripe.InvoiceLineItem[] = [];
  for await (const line of stripe.invoices.listLineItems(invoice.id, { limit: 100 })) {
    lines.push(line);
  }
  return readInvoice(invoice, lines);
}
