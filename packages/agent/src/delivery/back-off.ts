/** How long to wait after an answer that was no receipt: what the other side asks, else exponential with full jitter. */

import type { Instant } from "@submeter/shared/time/instant";

export const delayMsMax = 15 * 60 * 1000;
const delayMsFirst = 1000;
/** A wrong key is not mended by asking often. */
const slowDelayMsMin = 60 * 1000;
/** What a broken proxy might ask for must not silence an installation for good. */
const retryAfterSecondsMax = 24 * 60 * 60;

/** `attempt` counts from 1; `fraction` is random in [0, 1). */
export function backOffMs(attempt: number, slow: boolean, fraction: number): number {
  const bound = Math.min(delayMsMax, delayMsFirst * 2 ** Math.min(attempt, 20));
  if (!slow) return Math.floor(fraction * bound);
  return slowDelayMsMin + Math.floor(fraction * (delayMsMax - slowDelayMsMin));
}

/** RFC 9110, section 10.2.3: seconds or an HTTP date. Null when absent or malformed. */
export function retryAfterSeconds(value: string | undefined, now: Instant): number | null {
  if (value === undefined) return null;
  const seconds = /^\d{1,9}$/.test(value)
    ? Number(value)
    : Math.ceil(Date.parse(value) / 1000) - now;
  if (Number.isNaN(seconds)) return null;
  return Math.min(Math.max(seconds, 0), retryAfterSecondsMax);
}
