/** When reports are sealed: every interval, shifted by a stable amount per installation so that not all come at once. */

import { digestHex } from "@submeter/shared/wire/digest";
import type { Instant } from "@submeter/shared/time/instant";

const offsetSecondsMax = 300;

/** Wire: hash of the installation mod min(300 s, interval / 2). */
export function sealOffsetSeconds(installation: string, intervalSeconds: number): number {
  const bound = Math.min(offsetSecondsMax, Math.floor(intervalSeconds / 2));
  const hash = Number.parseInt(digestHex(new TextEncoder().encode(installation)).slice(0, 8), 16);
  return hash % bound;
}

/** The first moment to seal after `last` (exclusive). */
export function nextSealAfter(
  last: Instant,
  intervalSeconds: number,
  offsetSeconds: number,
): Instant {
  const passed = Math.floor((last - offsetSeconds) / intervalSeconds);
  return (passed + 1) * intervalSeconds + offsetSeconds;
}
