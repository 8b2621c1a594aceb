/** Instants in the admin API: RFC 3339 texts, read leniently, answered in UTC with whole seconds. */

import Type from "typebox";
import {
  formatInstant,
  type Instant,
  parseInstant,
  tryLenientInstant,
} from "@submeter/shared/time/instant";
import { HttpProblem } from "./http-problem.ts";

export const instantText = Type.String({
  minLength: 10,
  maxLength: 40,
  description: "RFC 3339, such as 2026-01-05T00:00:00Z, or a date: its first second in UTC",
});

/** What an offset moves out of the years that have four digits could not be answered any more. */
const earliest = parseInstant("1970-01-01T00:00:00Z");
const latest = parseInstant("9999-12-31T00:00:00Z");

/** A date alone means its first second in UTC. Throws `instant_malformed`. */
export function instantOf(text: string, member: string): Instant {
  const full = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  const instant = tryLenientInstant(full);
  if (instant !== null && instant >= earliest && instant <= latest) return instant;
  throw new HttpProblem(
    400,
    "instant_malformed",
    `${member} is no instant of the years 1970 to 9999: ${JSON.stringify(text)}`,
    "write it like 2026-01-05T00:00:00Z",
  );
}

export function textOrNull(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
