/** Time is a parameter: programs are given a clock, tests and the demo move theirs. */

import type { Instant } from "./instant.ts";

export interface Clock {
  /** Wall time in whole seconds, rounded down. */
  now(): Instant;
  /** Wall time in milliseconds since 1970. */
  nowMs(): number;
  /** Milliseconds that never step, from an arbitrary start. */
  monotonicMs(): number;
}
