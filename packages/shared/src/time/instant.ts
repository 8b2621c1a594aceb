/** Instants are whole seconds since 1970-01-01T00:00:00Z, as safe integers. UTC throughout. */

import { SubmeterError } from "../errors/submeter-error.ts";

/** Whole Unix seconds. */
export type Instant = number;

/** Half-open: `from` belongs to it, `to` does not. */
export type Interval = { readonly from: Instant; readonly to: Instant };

export const secondsPerHour = 3600;
export const secondsPerDay = 86_400;

const grammar = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
/** As {@link grammar}, but with any fraction of a second and any numeric offset (RFC 3339, section 5.6). */
const lenientGrammar = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Parses RFC 3339 in UTC with `Z` and whole seconds, as the wire has it; null for anything else. */
export function tryInstant(text: string): Instant | null {
  if (!grammar.test(text)) return null;
  const year = Number(text.slice(0, 4));
  const month = digitsAt(text, 5);
  const day = digitsAt(text, 8);
  const [hours, minutes, seconds] = [digitsAt(text, 11), digitsAt(text, 14), digitsAt(text, 17)];
  // No month 13, no 31 February, no leap second: what would roll over is no instant.
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  return daysBefore(year, month, day) * secondsPerDay + hours * 3600 + minutes * 60 + seconds;
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

/** Two decimal digits as a number. Reading instants is a collector's daily bread: this is five times as fast as Date. */
function digitsAt(text: string, index: number): number {
  return (text.charCodeAt(index) - 48) * 10 + text.charCodeAt(index + 1) - 48;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const daysOfMonths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (daysOfMonths[month - 1] ?? 0);
}

const daysBeforeMonths = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
/** From 0000-01-01 to 1970-01-01, in the calendar of ISO 8601. */
const daysBeforeEpoch = 719_528;

/** Days from 1970-01-01. */
function daysBefore(year: number, month: number, day: number): number {
  const leaps = Math.ceil(year / 4) - Math.ceil(year / 100) + Math.ceil(year / 400);
  const leapDay = month > 2 && isLeap(year) ? 1 : 0;
  return (
    year * 365 + leaps + (daysBeforeMonths[month - 1] ?? 0) + leapDay + day - 1 - daysBeforeEpoch
  );
}
