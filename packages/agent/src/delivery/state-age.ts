/** How old a state may become before the agent asks for a newer one. */

import { parseInstant } from "@submeter/shared/time/instant";
import type { HeldState } from "./collector-knowledge.ts";

/** The countdown to the fallback is the collector's word, and should not be older. Wire: at most 24 h. */
const ageSecondsMax = 6 * 60 * 60;
/** While a product is held back: whoever just paid for more should not wait for hours. */
const pressingAgeSecondsMax = 60;

/** As the state asks; and not beyond the end of the period that its entitlements are of. */
export function stateAgeSecondsMax(held: HeldState | null, isPressing: boolean): number {
  if (isPressing) return pressingAgeSecondsMax;
  const entitlements = held?.entitlements ?? null;
  if (held === null || entitlements === null) return ageSecondsMax;
  const asked = Math.min(ageSecondsMax, entitlements.refresh_seconds);
  if (entitlements.period === null) return asked;
  const leftSeconds = parseInstant(entitlements.period.to) - held.issuedAt;
  return Math.max(pressingAgeSecondsMax, Math.min(asked, leftSeconds));
}
