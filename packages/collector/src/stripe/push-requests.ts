/** The four requests that change something in Stripe, each under its idempotency key; all answer the invoice's id. */

import type { Stripe } from "stripe";
import { formatInstant } from "@submeter/shared/time/instant";
import { text } from "./found-invoice.ts";
import { createKey, finalizeKey, linesKey } from "./idempotency-keys.ts";
import type { InvoicePush, PushLine } from "./payments.ts";
import { ask } from "./stripe-answer.ts";
import type { Answer } from "./stripe-answer.ts";
import { stripeAmount } from "./stripe-amount.ts";

export function createDraft(
  stripe: Stripe,
  invoice: InvoicePush,
  stripeCustomerId: string,
  generation: number,
): Promise<Answer<string>> {
  const parameters: Stripe.InvoiceCreateParams = {
    customer: stripeCustomerId,
    currency: invoice.currency.toLowerCase(),
    collection_method: "send_invoice",
    days_until_due: invoice.daysUntilDue,
    auto_advance: false,
    // Nothing that waits in the account for this customer may slip into our document.
    pending_invoice_items_behavior: "exclude",
    ...(invoice.memo === null ? {} : { description: invoice.memo }),
    metadata: {
      invoice_id: invoice.id,
      customer_id: invoice.customer.id,
      period: `${formatInstant(invoice.period.from)}/${formatInstant(invoice.period.to)}`,
      sequence: String(invoice.sequence),
      plan_version: invoice.planVersion,
      lines_hash: invoice.linesHash,
    },
  };
  const idempotencyKey = createKey(invoice.id, generation);
  return ask(() => stripe.invoices.create(parameters, { idempotencyKey }), idIn);
}

/** All lines in one request, so that one key decides about all of them. */
export function addLines(
  stripe: Stripe,
  invoice: InvoicePush,
  lines: readonly PushLine[],
  stripeInvoiceId: string,
  generation: number,
): Promise<Answer<string>> {
  const parameters: Stripe.InvoiceAddLinesParams = {
    lines: lines.map((line) => ({
      amount: stripeAmount(invoice.currency, line.amountMinor),
      description: line.description,
      discountable: false,
      // Stripe's periods include their last second.
      period: { start: line.period.from, end: line.period.to - 1 },
      metadata: { line_id: line.id },
    })),
  };
  const idempotencyKey = linesKey(stripeInvoiceId, invoice.linesHash, generation);
  return ask(() => stripe.invoices.addLines(stripeInvoiceId, parameters, { idempotencyKey }), idIn);
}

export function finalizeDraft(
  stripe: Stripe,
  stripeInvoiceId: string,
  generation: number,
): Promise<Answer<string>> {
  const idempotencyKey = finalizeKey(stripeInvoiceId, generation);
  const parameters = { auto_advance: true };
  return ask(
    () => stripe.invoices.finalizeInvoice(stripeInvoiceId, parameters, { idempotencyKey }),
    idIn,
  );
}

/** Deleting needs no key: what is gone stays gone. */
export function deleteDraft(stripe: Stripe, stripeInvoiceId: string): Promise<Answer<string>> {
  return ask(() => stripe.invoices.del(stripeInvoiceId), idIn);
}

function idIn(object: { id: string }): string {
  return text(object.id, "id");
}
