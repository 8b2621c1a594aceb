/** Instants in the admin API: RFC 3339 texts, read leniently, answered in UTC with whole seconds. */

import Type from "typebox";
import { formatInstant, tryLenientInstant, type Instant } from "@submeter/shared/time/instant";
import { HttpProblem } from "./http-problem.ts";

export const instantText = Type.String({ minLength: 10, maxLength: 40 });

/** A date alone means its first second in UTC. Throws `instant_malformed`. */
export function instantOf(text: string, member: string): Instant {
  const full = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  const instant = tryLenientInstant(full);
  if (instant !== null) return instant;
  throw new HttpProblem(
    400,
    "instant_malformed",
    `${member} is no instant: ${JSON.stringify(text)}`,
    "write it like 2026-01-05T00:00:00Z",
  );
}

export function textOrNull(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
