/**
 * The port through which booked invoices become documents of a payment provider. Two implementations: Stripe
 * (`stripe-payments.ts`) and none (`no-payments.ts`). Both are free of storage: the caller keeps what `save` hands it.
 */

import type { Instant, Interval } from "@submeter/shared/time/instant";

/** A line of a booked invoice. `amountMinor` in the currency's minor units, signed; the period is half-open. */
export type PushLine = {
  readonly id: string;
  readonly description: string;
  readonly amountMinor: bigint;
  readonly period: Interval;
};

/** A booked, frozen invoice: the same value at every attempt, byte for byte. */
export type InvoicePush = {
  readonly id: string;
  readonly customer: {
    readonly id: string;
    readonly name: string;
    readonly email: string | null;
    /** Stripe's id of the customer, where an earlier push has made or a person has entered it. */
    readonly stripeId: string | null;
  };
  /** ISO 4217, any case. */
  readonly currency: string;
  readonly period: Interval;
  readonly sequence: number;
  readonly planVersion: string;
  readonly daysUntilDue: number;
  readonly lines: readonly PushLine[];
  /** Must be the sum of the lines. */
  readonly totalMinor: bigint;
  /** Digest of the lines, which names them in idempotency keys. */
  readonly linesHash: string;
  /** When the invoice was frozen: nothing of it can be in Stripe from before. */
  readonly createdAfter: Instant;
  /** Shown on the document, such as what a provisional basis means. */
  readonly memo: string | null;
};

/** What the caller persists as soon as it is told, so that the next attempt starts from it. */
export type PushProgress = {
  readonly stripeCustomerId: string | null;
  readonly stripeInvoiceId: string | null;
};

/** Not known to have succeeded, or the provider is not answering: push again, with back-off. */
export type Later = { readonly kind: "later"; readonly code: string; readonly detail: string };

/** Trying again cannot help; a person is needed. A draft that was ours has been deleted. */
export type Refused = { readonly kind: "refused"; readonly code: string; readonly detail: string };

/** Booked only: nothing is owed, or no provider is configured. */
export type NotPushed = {
  readonly kind: "not_pushed";
  readonly reason: "zero_total" | "payments_none";
};

export type Finalized = {
  readonly kind: "finalized";
  readonly stripeInvoiceId: string;
  readonly stripeCustomerId: string;
  /** Given by the provider from its gapless series, once. */
  readonly number: string;
  /** Before tax, as read back from the provider; equals the invoice's own total. */
  readonly totalMinor: bigint;
  readonly hostedUrl: string | null;
};

export type PushOutcome = Finalized | NotPushed | Later | Refused;

/** A line of a credit note. `amountMinor` > 0 is what is given back. */
export type CreditLine = {
  readonly id: string;
  /** The line of the original invoice that it corrects; null for one that has no original. */
  readonly originalLineId: string | null;
  readonly description: string;
  readonly amountMinor: bigint;
};

/** A decrease of an invoice that Stripe has finalized. */
export type CreditPush = {
  readonly id: string;
  /** The original invoice: our id and Stripe's. */
  readonly invoice: { readonly id: string; readonly stripeInvoiceId: string };
  readonly currency: string;
  readonly lines: readonly CreditLine[];
  /** Must be the sum of the lines. */
  readonly totalMinor: bigint;
  readonly linesHash: string;
  readonly memo: string | null;
};

export type CreditProgress = { readonly stripeCreditNoteId: string | null };

export type Credited = {
  readonly kind: "issued";
  readonly stripeCreditNoteId: string;
  readonly number: string;
  readonly totalMinor: bigint;
};

export type CreditOutcome = Credited | NotPushed | Later | Refused;

export interface Payments {
  /** Brings exactly one finalized document with these lines into being, however often it is called. */
  push(
    invoice: InvoicePush,
    progress: PushProgress,
    save: (progress: PushProgress) => Promise<void>,
  ): Promise<PushOutcome>;

  /** Brings exactly one credit note to the original invoice into being, however often it is called. */
  credit(
    note: CreditPush,
    progress: CreditProgress,
    save: (progress: CreditProgress) => Promise<void>,
  ): Promise<CreditOutcome>;
}
