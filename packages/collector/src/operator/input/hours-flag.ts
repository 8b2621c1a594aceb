/** Spans as an operator types them, in whole hours: `72h`, `35d`, `72`. */

import { CommandLineError } from "../command-line-error.ts";

/** Throws `span_malformed`. */
export function hoursFlag(name: string, text: string): number {
  const match = /^(\d{1,5})(h|d)?$/.exec(text);
  if (match?.[1] === undefined) {
    throw new CommandLineError(
      "span_malformed",
      `--${name} ${JSON.stringify(text)} is no span`,
      "write whole hours or days, such as 72h or 35d",
    );
  }
  return Number(match[1]) * (match[2] === "d" ? 24 : 1);
}
