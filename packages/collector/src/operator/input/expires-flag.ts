/** `--expires`: days from now, an instant, or `never`, said on purpose. */

import { formatInstant, secondsPerDay } from "@submeter/shared/time/instant";

import { CommandLineError } from "../command-line-error.ts";
import { instantFlag, type Now } from "./instant-flag.ts";

export const expiresOption = {
  type: "string",
  default: "90d",
  requiresArg: true,
  describe: "in days (90d), at an instant, or never",
} as const;

/** What the API takes; undefined for never. */
export async function expiresFlag(text: string, now: Now): Promise<string | undefined> {
  if (text === "never") return undefined;
  const [, days] = /^([1-9][0-9]{0,3})d$/.exec(text) ?? [];
  if (days !== undefined) return formatInstant((await now()) + Number(days) * secondsPerDay);
  const expires = await instantFlag("expires", text, now);
  if (expires > formatInstant(await now())) return expires;
  throw new CommandLineError(
    "expiry_past",
    `--expires ${JSON.stringify(text)} is over already`,
    "give a later instant, days such as 90d, or never",
  );
}
