/** Instants as an operator types them: RFC 3339, a day, an hour, `now`. */

import {
  formatInstant,
  hourFloor,
  type Instant,
  tryLenientInstant,
} from "@submeter/shared/time/instant";

import { CommandLineError } from "../command-line-error.ts";

const day = /^\d{4}-\d{2}-\d{2}$/;
const hour = /^\d{4}-\d{2}-\d{2}T\d{2}$/;

/** Asked only where `now` is typed: the collector's time, not this machine's. */
export type Now = () => Promise<Instant>;

/** What the API takes: UTC with `Z`. A day is its first instant; `now` is the running hour's start. */
export async function instantFlag(name: string, text: string, now: Now): Promise<string> {
  if (text === "now") return formatInstant(hourFloor(await now()));
  const whole = day.test(text) ? `${text}T00:00:00Z` : hour.test(text) ? `${text}:00:00Z` : text;
  const instant = tryLenientInstant(whole);
  if (instant === null || !sameDay(whole, instant)) {
    throw new CommandLineError(
      "instant_malformed",
      `--${name} ${JSON.stringify(text)} is no instant`,
      "write a day (2026-01-05), an hour (2026-01-05T14), an instant (2026-01-05T14:00:00Z) or now; all in UTC unless you write an offset",
    );
  }
  return formatInstant(instant);
}

/** 31 February must not become 3 March; with an offset the day may differ by one and is trusted. */
function sameDay(text: string, instant: number): boolean {
  return !text.endsWith("Z") || formatInstant(instant).slice(0, 10) === text.slice(0, 10);
}
