/** Texts that PostgreSQL cannot keep as they are: with a NUL in them, or half of a surrogate pair. */

import { HttpProblem } from "./http-problem.ts";

/** Throws `text_unstorable` where one stands in `value`, however deep, or names a member of it. */
export function assertStorable(value: unknown, place: string): void {
  if (typeof value === "string") {
    if (value.includes("\0") || !value.isWellFormed()) throw unstorable(place);
  } else if (typeof value === "object") {
    for (const [name, member] of Object.entries(value ?? {})) {
      assertStorable(name, place);
      assertStorable(member, `${place}/${name}`);
    }
  }
}

function unstorable(place: string): HttpProblem {
  return new HttpProblem(
    400,
    "text_unstorable",
    `${place} holds a NUL, or half of a character`,
    "leave it out; texts are Unicode without U+0000",
  );
}
