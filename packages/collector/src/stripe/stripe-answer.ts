/** What an answer of Stripe lets us conclude about the effect of a request. */

import { Stripe } from "stripe";

export type Answer<T> =
  | { readonly kind: "done"; readonly value: T; readonly replayed: boolean }
  /** It may have taken effect, or still may: look before anything else is done. */
  | { readonly kind: "unknown"; readonly code: string; readonly detail: string }
  /** It took no effect; the same request may succeed later. */
  | { readonly kind: "not_now"; readonly code: string; readonly detail: string }
  /** This idempotency key will never answer otherwise, and its request is over: look, then take the next key. */
  | { readonly kind: "spent"; readonly detail: string }
  /** The object of the request does not exist (any more). */
  | { readonly kind: "missing"; readonly detail: string }
  /** Stripe understood and declined; the same request will be declined again. */
  | { readonly kind: "refused"; readonly detail: string };

/** Every answer that is not `done`. */
export type Setback = Exclude<Answer<never>, { kind: "done" }>;

/** An answer with status 200 that is not what Stripe documents. */
export class MalformedAnswer extends Error {
  override readonly name = "MalformedAnswer";
}

/** Sends one request and reads its answer; never throws for anything that Stripe or the network does. */
export async function ask<Raw, T>(
  send: () => Promise<Raw>,
  read: (raw: Raw) => T,
): Promise<Answer<T>> {
  try {
    const raw = await send();
    return { kind: "done", value: read(raw), replayed: wasReplayed(raw) };
  } catch (error) {
    return setback(error);
  }
}

function setback(error: unknown): Setback {
  if (!(error instanceof Stripe.errors.StripeError)) {
    // A proxy's page or half an answer ends in whatever the reader stumbled over.
    return { kind: "unknown", code: "stripe_answer_malformed", detail: describe(error) };
  }
  if (error instanceof Stripe.errors.StripeConnectionError) {
    return { kind: "unknown", code: "stripe_unreachable", detail: describe(error) };
  }
  return byStatus(error);
}

/** docs.stripe.com/api/errors and /api/idempotent_requests. */
function byStatus(error: Stripe.errors.StripeError): Setback {
  const status = error.statusCode;
  if (status === undefined) {
    return { kind: "unknown", code: "stripe_answer_malformed", detail: describe(error) };
  }
  if (status === 401 || status === 403) {
    // Stripe's own text repeats part of the key.
    return {
      kind: "not_now",
      code: "stripe_key_refused",
      detail: `Stripe refused the secret key (status ${status}${requestId(error)})`,
    };
  }
  if (status === 409) return { kind: "unknown", code: "stripe_busy", detail: describe(error) };
  if (status === 429 || error.code === "rate_limit" || error.code === "lock_timeout") {
    return { kind: "not_now", code: "stripe_busy", detail: describe(error) };
  }
  if (error.rawType === "idempotency_error") return { kind: "spent", detail: describe(error) };
  if (status >= 500) {
    // A stored 500 is the first one, told again: its request is over, and this key is of no more use.
    return isReplay(error.headers)
      ? { kind: "spent", detail: describe(error) }
      : { kind: "unknown", code: "stripe_error", detail: describe(error) };
  }
  if (status === 404) return { kind: "missing", detail: describe(error) };
  return { kind: "refused", detail: describe(error) };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return "an answer that is no error";
  if (!(error instanceof Stripe.errors.StripeError)) return error.message;
  const status = error.statusCode === undefined ? "" : ` (status ${error.statusCode}`;
  return status === "" ? error.message : `${error.message}${status}${requestId(error)})`;
}

function requestId(error: Stripe.errors.StripeError): string {
  return error.requestId === undefined ? "" : `, ${error.requestId}`;
}

function wasReplayed(raw: unknown): boolean {
  type WithResponse = { lastResponse?: { headers?: Record<string, string> } } | null;
  return isReplay((raw as WithResponse)?.lastResponse?.headers);
}

function isReplay(headers: Record<string, string> | undefined): boolean {
  return headers?.["idempotent-replayed"] === "true";
}
