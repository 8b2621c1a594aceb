/** Billing cycles as an operator types them: `month`, `7d`, `30d@2026-01-05`, `anniversary`. */

import type { CycleTerms } from "@submeter/shared/contracts/contract";

import { CommandLineError } from "../command-line-error.ts";
import { instantFlag, type Now } from "./instant-flag.ts";

/** The part after @ is the hour that periods are counted from; the term's start without it. */
export async function cycleFlag(text: string, now: Now): Promise<CycleTerms> {
  const match = /^(month|anniversary|(\d{1,3})d)(?:@(.+))?$/.exec(text);
  const anchor = match?.[3];
  if (match === null || (match[1] === "month" && anchor !== undefined)) {
    throw new CommandLineError(
      "cycle_malformed",
      `--cycle ${JSON.stringify(text)} is no billing cycle`,
      "write month, 30d or anniversary; the last two may name the first hour: 30d@2026-01-05",
    );
  }
  if (match[1] === "month") return { every: "month" };
  const anchored = anchor === undefined ? {} : { anchor: await anchorFlag(anchor, now) };
  return match[2] === undefined
    ? { every: "anniversary", ...anchored }
    : { every: "days", days: Number(match[2]), ...anchored };
}

async function anchorFlag(text: string, now: Now): Promise<string> {
  return text === "first_usage" || text === "term_start" ? text : instantFlag("cycle", text, now);
}
