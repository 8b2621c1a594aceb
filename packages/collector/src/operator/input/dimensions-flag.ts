/** Labels as an operator types them: `model=a,direction=input`. */

import { CommandLineError } from "../command-line-error.ts";

/** Throws `dimensions_malformed`. */
export function dimensionsFlag(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  const pairs = text.split(",").map((pair) => /^([a-z][a-z0-9_.]{0,63})=(.+)$/.exec(pair.trim()));
  const entries = pairs.flatMap((match) =>
    match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]] as const],
  );
  if (
    entries.length === pairs.length &&
    new Set(entries.map(([name]) => name)).size === pairs.length
  ) {
    return Object.fromEntries(entries);
  }
  throw new CommandLineError(
    "dimensions_malformed",
    `--dimensions ${JSON.stringify(text)} names no labels`,
    "write name=value, several with commas between them, such as model=a,direction=input",
  );
}
