/** Instants as a person types them: a day, an hour, RFC 3339, `now`, or so long from now. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { type Instant, tryLenientInstant } from "@submeter/shared/time/instant";

const day = /^\d{4}-\d{2}-\d{2}$/;
const hour = /^\d{4}-\d{2}-\d{2}T\d{2}$/;
const ahead = /^([+-])(\d{1,4})([dh])$/;

/** All in UTC unless an offset is written. Throws `flag_malformed`. */
export function instantFlag(name: string, text: string, now: Instant): Instant {
  if (text === "now") return now;
  const [, sign, count, unit] = ahead.exec(text) ?? [];
  if (count !== undefined) {
    const seconds = Number(count) * (unit === "d" ? 86_400 : 3600);
    return sign === "-" ? now - seconds : now + seconds;
  }
  const whole = day.test(text) ? `${text}T00:00:00Z` : hour.test(text) ? `${text}:00:00Z` : text;
  const instant = tryLenientInstant(whole);
  if (instant !== null) return instant;
  throw new SubmeterError(
    "flag_malformed",
    `--${name} ${JSON.stringify(text)} is no instant`,
    "write a day (2026-01-05), an hour (2026-01-05T14), an instant (2026-01-05T14:00:00Z), now, or +10d, +8h; in UTC",
  );
}
