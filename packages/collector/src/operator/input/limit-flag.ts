/** How many rows of a long list are shown: a number, or `all`. */

import type { Desk } from "../command.ts";
import { CommandLineError } from "../command-line-error.ts";

const rowsShown = 50;

export const limitOption = {
  type: "string",
  requiresArg: true,
  describe: "how many, the newest first; or all (50 on a screen, all as JSON)",
} as const;

/** Throws `limit_malformed`. */
export function limitFlag(text: string | undefined, audience: Desk["audience"]): number {
  if (text === undefined) return audience === "people" ? rowsShown : Infinity;
  if (text === "all") return Infinity;
  if (/^[1-9][0-9]{0,3}$/.test(text) && Number(text) <= 1000) return Number(text);
  throw new CommandLineError(
    "limit_malformed",
    `--limit ${JSON.stringify(text)} is no number of rows`,
    "write a number up to 1000, or all",
  );
}
