/** A clock that stands still until it is moved, forward only: for development, tests and the demo. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Clock } from "@submeter/shared/time/clock";
import { formatInstant, type Instant } from "@submeter/shared/time/instant";

export type MovableClock = Clock & {
  /** Throws `clock_backwards`. */
  moveTo(instant: Instant): void;
};

export function movableClock(start: Instant): MovableClock {
  let now = start;
  return {
    now: () => now,
    nowMs: () => now * 1000,
    monotonicMs: () => (now - start) * 1000,
    moveTo: (instant) => {
      if (instant < now) {
        throw new SubmeterError(
          "clock_backwards",
          `the clock stands at ${formatInstant(now)} and moves only forward`,
          "name a later instant, or start again with an empty data folder",
        );
      }
      now = instant;
    },
  };
}
