/** A billing period as an operator names it: any instant inside it, or a month. */

import { instantFlag, type Now } from "./instant-flag.ts";

/** `2026-01` is the month's first instant. Undefined where no period is named. */
export async function periodFlag(text: string | undefined, now: Now): Promise<string | undefined> {
  if (text === undefined) return undefined;
  return instantFlag("period", /^\d{4}-\d{2}$/.test(text) ? `${text}-01` : text, now);
}
