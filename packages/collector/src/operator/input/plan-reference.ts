/** A plan as an operator names it: `standard` or `standard@2`. */

import { CommandLineError } from "../command-line-error.ts";

export type PlanReference = { readonly id: string; readonly version: number | null };

/** Throws `plan_reference_malformed`. */
export function planReference(text: string): PlanReference {
  const match = /^([^@\s]+)(?:@([1-9][0-9]{0,8}))?$/.exec(text);
  if (match?.[1] === undefined) {
    throw new CommandLineError(
      "plan_reference_malformed",
      `${JSON.stringify(text)} names no plan`,
      "write ID@VERSION, such as standard@1; `submeter plans list` shows them",
    );
  }
  return { id: match[1], version: match[2] === undefined ? null : Number(match[2]) };
}
