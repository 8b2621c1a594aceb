/**
 * What large customers have recorded, kept for half a minute: each of a thousand installations asks what all of them used, and
 * reading that anew for each would grow with their square. It stays exact, because it says of which instant it is.
 */

import type { Instant } from "@submeter/shared/time/instant";
import type { RecordedPeriod } from "./running-period.ts";

/** Up to so many installations it is read each time. */
const smallMax = 20;
const keptSeconds = 30;
/** Contracts at a time. */
const keptMax = 50;

export type KnownPeriods = {
  readonly recorded: (
    asked: {
      readonly name: string;
      readonly installations: readonly string[];
      readonly now: Instant;
    },
    read: () => Promise<RecordedPeriod>,
  ) => Promise<RecordedPeriod>;
};

export const readEachTime: KnownPeriods = { recorded: (_, read) => read() };

export function knownPeriods(): KnownPeriods {
  const kept = new Map<string, RecordedPeriod>();
  return {
    recorded: async ({ name, installations, now }, read) => {
      if (installations.length <= smallMax) return read();
      const known = kept.get(name);
      const isFresh = known !== undefined && now >= known.asOf && now - known.asOf < keptSeconds;
      if (isFresh) return known;
      const fresh = await read();
      kept.delete(name);
      kept.set(name, fresh);
      const [oldest] = kept.keys();
      if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
      return fresh;
    },
  };
}
