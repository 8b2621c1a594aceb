/** The machine's own clocks. */

import type { Clock } from "@submeter/shared/time/clock";

export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  nowMs: () => Date.now(),
  // CLOCK_MONOTONIC: it stands still while the machine sleeps, which is how a sleep is seen.
  monotonicMs: () => performance.now(),
};
