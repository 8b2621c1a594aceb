/** What may be attested of a shutdown, and how a running one ends. Pure. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { type Instant, formatInstant, secondsPerDay } from "@submeter/shared/time/instant";
import {
  type Shutdown,
  attestedLateSecondsMax,
  isAttesterName,
  isShutdownReason,
} from "@submeter/shared/wire/shutdowns";

/** Nobody knows today that nothing will run for longer than a year. */
const aheadSecondsMax = 366 * secondsPerDay;

/** `from` null: from now on. Throws `shutdown_malformed`, `shutdown_too_late`. */
export function attested(
  given: Omit<Shutdown, "from"> & { readonly from: Instant | null },
  now: Instant,
): Shutdown {
  const { until, reason, by } = given;
  if (!isShutdownReason(reason)) {
    throw malformed(
      "the reason is no text of 1 to 200 characters on one line",
      "say in a few words why nothing runs",
    );
  }
  if (by !== null && !isAttesterName(by)) {
    throw malformed(
      "the name is no text of 1 to 64 characters on one line",
      "write it shorter, or leave it out",
    );
  }
  if (given.from === null && until <= now) {
    throw malformed(
      `${formatInstant(until)} has passed`,
      "of a shutdown that is over say also when it began (--from)",
    );
  }
  const from = given.from ?? now;
  if (from >= until) {
    throw malformed("it would end before it begins", "give an --until after --from");
  }
  if (until > now + aheadSecondsMax) {
    throw malformed(
      "it would end in more than a year",
      "attest at most a year ahead, and again then",
    );
  }
  if (until < now - attestedLateSecondsMax) {
    throw new SubmeterError(
      "shutdown_too_late",
      `it ended at ${formatInstant(until)}, more than 10 days ago`,
      "ask the vendor directly: a shutdown is attested in advance, or within 10 days after its end",
    );
  }
  return { from, until, reason, by };
}

/**
 * The shutdown that runs at `now` ends now; without one the next that is to come is taken back. Throws
 * `shutdown_not_running`.
 */
export function ended(known: readonly Shutdown[], now: Instant): Shutdown {
  const open = known.filter(({ from, until }) => until > now && until > from);
  const running = open.findLast(({ from }) => from <= now);
  if (running !== undefined) return { ...running, until: now };
  const [next] = open;
  if (next !== undefined) return { ...next, until: next.from };
  throw new SubmeterError(
    "shutdown_not_running",
    "no shutdown is attested for now or later",
    "see what was attested: `submeter-agent pause --list`",
  );
}

function malformed(detail: string, hint: string): SubmeterError {
  return new SubmeterError(
    "shutdown_malformed",
    `this shutdown cannot be attested: ${detail}`,
    hint,
  );
}
