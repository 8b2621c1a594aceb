/** Instants are whole seconds since 1970-01-01T00:00:00Z, as safe integers. UTC throughout. */

import { SubmeterError } from "../errors/submeter-error.ts";

/** Whole Unix seconds. */
export type Instant = number;

/** Half-open: `from` belongs to it, `to` does not. */
export type Interval = { readonly from: Instant; readonly to: Instant };

export const secondsPerHour = 3600;
export const secondsPerDay = 86_400;

const grammar = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z$/;
/** As {@link grammar}, but with any fraction of a second and any numeric offset (RFC 3339, section 5.6). */
const lenientGrammar = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Parses RFC 3339 in UTC with `Z` and whole seconds, as the wire has it; null for anything else. */
export function tryInstant(text: string): Instant | null {
  const match = grammar.exec(text);
  if (match === null) return null;
  const instant = Date.parse(text) / 1000;
  // Date.parse lets 31 February roll over; a date that does not print back as it was read is none.
  return Number.isSafeInteger(instant) && formatInstant(instant) === text ? instant : null;
}

/** As {@link tryInstant}; throws `instant_malformed`. */
export function parseInstant(text: string): Instant {
  const instant = tryInstant(text);
  if (instant === null) {
    throw new SubmeterError(
      "instant_malformed",
      `${JSON.stringify(text)} is no instant`,
      "write it in UTC with whole seconds, such as 2026-01-05T00:00:00Z",
    );
  }
  return instant;
}

/** Any RFC 3339 date-time, offset and fraction allowed, rounded down to the second; null for anything else. */
export function tryLenientInstant(text: string): Instant | null {
  if (!lenientGrammar.test(text)) return null;
  // As above: the day must be one of the calendar, whatever the time and offset.
  if (tryInstant(`${text.slice(0, 10)}T00:00:00Z`) === null) return null;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? null : Math.floor(milliseconds / 1000);
}

export function formatInstant(instant: Instant): string {
  return `${new Date(instant * 1000).toISOString().slice(0, 19)}Z`;
}

export function hourFloor(instant: Instant): Instant {
  return Math.floor(instant / secondsPerHour) * secondsPerHour;
}

export function hourCeiling(instant: Instant): Instant {
  return Math.ceil(instant / secondsPerHour) * secondsPerHour;
}

export function isWholeHour(instant: Instant): boolean {
  return instant % secondsPerHour === 0;
}
