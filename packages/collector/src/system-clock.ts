/** The host's clock; everything else is given a {@link Clock}. */

import type { Clock } from "@submeter/shared/time/clock";

export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
