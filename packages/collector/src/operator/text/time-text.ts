/** Instants, spans and periods as an operator reads them; all in UTC. */

import {
  formatInstant,
  type Instant,
  secondsPerDay,
  secondsPerHour,
  tryLenientInstant,
} from "@submeter/shared/time/instant";

const secondsPerMinute = 60;
/** The rule is written in hours (72 h), so silence is told in hours until days say more. */
const hoursShownMax = 120;

/** `2026-01-08 14:00`; with seconds only where there are any. Without "UTC": the column's head says it. */
export function minuteText(at: Instant): string {
  const text = formatInstant(at);
  const seconds = at % secondsPerMinute === 0 ? "" : text.slice(16, 19);
  return `${text.slice(0, 10)} ${text.slice(11, 16)}${seconds}`;
}

/** As {@link minuteText}, for prose. */
export function instantText(at: Instant): string {
  return `${minuteText(at)} UTC`;
}

/** An instant of the API as {@link minuteText}; what is absent is a dash, never an invented time. */
export function cellInstant(text: string | null | undefined): string {
  const at = apiInstant(text);
  return at === null ? "–" : minuteText(at);
}

/** An instant of the API as {@link instantText}. */
export function proseInstant(text: string | null | undefined): string {
  const at = apiInstant(text);
  return at === null ? "–" : instantText(at);
}

export function apiInstant(text: string | null | undefined): Instant | null {
  return typeof text === "string" ? tryLenientInstant(text) : null;
}

/** Two units at most: `45 s`, `12 min`, `5 h 12 min`, `74 h`, `6 d 3 h`. */
export function spanText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < secondsPerMinute) return `${whole} s`;
  if (whole < secondsPerHour) return `${Math.floor(whole / secondsPerMinute)} min`;
  const hours = Math.floor(whole / secondsPerHour);
  if (hours < 24)
    return joined(hours, "h", Math.floor((whole % secondsPerHour) / secondsPerMinute), "min");
  if (hours <= hoursShownMax) return `${hours} h`;
  return joined(Math.floor(whole / secondsPerDay), "d", hours % 24, "h");
}

function joined(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
}

/** `in 2 h`, `3 h ago`, `now`. */
export function relativeText(at: Instant, now: Instant): string {
  const difference = at - now;
  if (Math.abs(difference) < secondsPerMinute) return "now";
  return difference > 0 ? `in ${spanText(difference)}` : `${spanText(-difference)} ago`;
}

/** A period `[from, to)`: `2026-01` when it is a calendar month, else both ends, days where they suffice. */
export function periodText(period: { readonly from: string; readonly to: string }): string {
  const from = apiInstant(period.from);
  const to = apiInstant(period.to);
  if (from === null || to === null) return `${period.from} – ${period.to}`;
  if (isMonth(from, to)) return formatInstant(from).slice(0, 7);
  return `${dayText(from)} – ${dayText(to)}`;
}

function dayText(at: Instant): string {
  return at % secondsPerDay === 0 ? formatInstant(at).slice(0, 10) : minuteText(at);
}

function isMonth(from: Instant, to: Instant): boolean {
  const start = new Date(from * 1000);
  const end = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1) / 1000;
  return start.getUTCDate() === 1 && from % secondsPerDay === 0 && end === to;
}
