/** A clock that stands still until it is moved: wall time and monotonic time go together. */

import type { Clock } from "@submeter/shared/time/clock";
import type { Instant } from "@submeter/shared/time/instant";

export type MovedClock = Clock & { moveTo(instant: Instant): void };

export function movedClock(start: Instant): MovedClock {
  let now = start;
  return {
    now: () => now,
    nowMs: () => now * 1000,
    monotonicMs: () => now * 1000,
    moveTo: (instant) => {
      if (instant < now) throw new RangeError("a moved clock never goes back");
      now = instant;
    },
  };
}
