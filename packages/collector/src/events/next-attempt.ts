/** When a delivery is tried again, or that it has been tried enough. */

import type { Instant } from "@submeter/shared/time/instant";

const minute = 60;
const hour = 60 * minute;

/** Seconds from one try to the next, as the Standard Webhooks specification recommends: three days and some hours in all. */
const waits = [
  5,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

export type AfterAttempt =
  | { readonly kind: "delivered" }
  | { readonly kind: "later"; readonly at: Instant }
  /** It said that it is gone for good. */
  | { readonly kind: "gone" }
  | { readonly kind: "given_up" };

/** `tries`: those before this one since it was last put in; `jitter` in [0, 1) spreads what failed together. */
export function afterAttempt(
  status: number | null,
  given: { tries: number; now: Instant; jitter: number },
): AfterAttempt {
  if (status !== null && status >= 200 && status < 300) return { kind: "delivered" };
  if (status === 410) return { kind: "gone" };
  const wait = waits[given.tries];
  if (wait === undefined) return { kind: "given_up" };
  return { kind: "later", at: given.now + wait + Math.floor((wait * given.jitter) / 10) };
}
