/**
 * The idempotency key of each step: the same at every attempt, also after a restart of ours, until Stripe has shown that
 * it is spent (`generation` then grows). Stripe keeps a key's answer for at least 24 hours; at most 255 characters.
 */

export function customerKey(customerId: string, generation: number): string {
  return `submeter:customer:${customerId}:create:v${generation}`;
}

export function createKey(invoiceId: string, generation: number): string {
  return `submeter:invoice:${invoiceId}:create:v${generation}`;
}

/** Bound to the draft, since a draft may have been thrown away and replaced. */
export function linesKey(stripeInvoiceId: string, linesHash: string, generation: number): string {
  return `submeter:${stripeInvoiceId}:lines:${linesHash}:v${generation}`;
}

export function finalizeKey(stripeInvoiceId: string, generation: number): string {
  return `submeter:${stripeInvoiceId}:finalize:v${generation}`;
}

/** Bound to what goes to the customer's balance, which changes when the invoice is paid between two attempts. */
export function creditKey(noteId: string, toBalanceMinor: bigint, generation: number): string {
  return `submeter:credit:${noteId}:create:${toBalanceMinor}:v${generation}`;
}
