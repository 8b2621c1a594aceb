/** Shutdowns that a customer attests: they travel in a report under `x.shutdowns`, sealed and signed like the counts beside them. */

import { formatInstant, type Instant, tryInstant } from "../time/instant.ts";
import type { Report } from "./report.ts";

/** Not in use from `from` until `until`; the two alike take back what was attested from there before. */
export type Shutdown = {
  readonly from: Instant;
  readonly until: Instant;
  readonly reason: string;
  /** Who attests it, where that was said. */
  readonly by: string | null;
};

/** Of one report; more are not read. */
export const shutdownsMax = 16;
/** So long after its end a shutdown can still be attested. */
export const attestedLateSecondsMax = 10 * 24 * 60 * 60;

/** On one line, so that it can be shown anywhere. */
const reasonGrammar = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,200}$/u;
const nameGrammar = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,64}$/u;

export function isShutdownReason(text: string): boolean {
  return reasonGrammar.test(text) && text.trim() === text;
}

export function isAttesterName(text: string): boolean {
  return nameGrammar.test(text) && text.trim() === text;
}

/** What stands under a report's `x`; undefined without any. */
export function encodeShutdowns(shutdowns: readonly Shutdown[]): Report["x"] | undefined {
  if (shutdowns.length === 0) return undefined;
  return {
    shutdowns: shutdowns.map(({ from, until, reason, by }) => ({
      from: formatInstant(from),
      until: formatInstant(until),
      reason,
      ...(by === null ? {} : { by }),
    })),
  };
}

/** `x` is anybody's: what does not read as a shutdown is none, and spoils nothing. */
export function shutdownsIn(x: Report["x"] | undefined): Shutdown[] {
  const list = x?.["shutdowns"];
  if (!Array.isArray(list)) return [];
  return list.slice(0, shutdownsMax).flatMap((entry: unknown) => readShutdown(entry) ?? []);
}

function readShutdown(entry: unknown): Shutdown | null {
  if (typeof entry !== "object" || entry === null) return null;
  const { from, until, reason, by } = entry as Record<string, unknown>;
  if (typeof from !== "string" || typeof until !== "string" || typeof reason !== "string") {
    return null;
  }
  const interval = { from: tryInstant(from), until: tryInstant(until) };
  if (interval.from === null || interval.until === null) return null;
  if (interval.from < 0 || interval.from > interval.until) return null;
  if (!isShutdownReason(reason)) return null;
  const name = typeof by === "string" && isAttesterName(by) ? by : null;
  return { from: interval.from, until: interval.until, reason, by: name };
}
