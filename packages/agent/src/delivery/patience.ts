/** When delivery may try again after what did not work, and what that was. By the clock that never steps. */

import type { Clock } from "@submeter/shared/time/clock";
import { backOffMs, retryAfterSeconds } from "./back-off.ts";
import type { DeliveryEvent, DeliveryProblem } from "./delivery-event.ts";
import type { LaterReason } from "./later-reason.ts";

type Parts = {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly randomFraction: () => number;
  readonly onEvent: (event: DeliveryEvent) => void;
};

export class Patience {
  readonly #parts: Parts;
  #failures = 0;
  #notBeforeMs = 0;
  /** Null once something has come of an attempt. */
  problem: DeliveryProblem | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Milliseconds until the next attempt; 0 when none is held back. */
  get waitMs(): number {
    return Math.max(0, this.#notBeforeMs - this.#parts.clock.monotonicMs());
  }

  progressed(): void {
    this.#failures = 0;
    this.#notBeforeMs = 0;
  }

  pause(delayMs: number): void {
    this.#notBeforeMs = this.#parts.clock.monotonicMs() + delayMs;
  }

  /** As long as the other side asks, else ever longer; returns the milliseconds. */
  wait(reason: LaterReason): number {
    const { clock, randomFraction, onEvent } = this.#parts;
    this.#failures += 1;
    const asked = retryAfterSeconds(reason.retryAfter, clock.now());
    const delayMs =
      asked === null ? backOffMs(this.#failures, reason.slow, randomFraction()) : asked * 1000;
    this.pause(delayMs);
    const { code, detail, status } = reason;
    this.problem = { code, detail, status, at: clock.now() };
    onEvent({ kind: "later", reason, delayMs });
    return delayMs;
  }
}
