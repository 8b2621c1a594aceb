/** What was answered under each idempotency key, for 24 hours. docs.stripe.com/api/idempotent_requests. */

import { secondsPerDay } from "@submeter/shared/time/instant";
import type { Instant } from "@submeter/shared/time/instant";
import { StripeRefusal } from "./refusal.ts";

export type StoredAnswer = { readonly status: number; readonly body: string };

type Entry = {
  readonly fingerprint: string;
  readonly from: Instant;
  /** Null while the request is under way. */
  readonly answer: StoredAnswer | null;
};

const keyLengthMax = 255;

export class IdempotencyStore {
  readonly #entries = new Map<string, Entry>();

  /** The stored answer, or null when this request is the first under its key; throws when it may not be used. */
  find(key: string, fingerprint: string, now: Instant): StoredAnswer | null {
    if (key.length > keyLengthMax) {
      throw new StripeRefusal(400, {
        type: "invalid_request_error",
        message: `Idempotency keys have at most ${keyLengthMax} characters`,
      });
    }
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (now - entry.from >= secondsPerDay) {
      this.#entries.delete(key);
      return null;
    }
    if (entry.fingerprint !== fingerprint) {
      throw new StripeRefusal(400, {
        type: "idempotency_error",
        message: `Keys for idempotent requests can only be used with the parameters they were first used with: ${key}`,
      });
    }
    if (entry.answer === null) {
      throw new StripeRefusal(409, {
        type: "idempotency_error",
        code: "idempotency_key_in_use",
        message: `A request with this idempotency key is still in progress: ${key}`,
      });
    }
    return entry.answer;
  }

  begin(key: string, fingerprint: string, now: Instant): void {
    this.#entries.set(key, { fingerprint, from: now, answer: null });
  }

  store(key: string, fingerprint: string, now: Instant, answer: StoredAnswer): void {
    const from = this.#entries.get(key)?.from ?? now;
    this.#entries.set(key, { fingerprint, from, answer });
  }

  /** A request that never executed leaves its key free. */
  forget(key: string): void {
    this.#entries.delete(key);
  }

  /** As if 24 hours had passed. */
  wipe(): void {
    this.#entries.clear();
  }
}
