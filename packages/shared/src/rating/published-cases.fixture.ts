/** Reading published cases: their shape, and comparing with as many decimals as each result is given. */

import { equals, tryDecimal } from "../numbers/decimal.ts";

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

export type PublishedCase = {
  readonly id: string;
  readonly status: string;
  readonly model: string;
  readonly source: string;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly expected: Readonly<Record<string, Json>>;
  readonly note: string;
};

/** The expected members of what was computed; a number that is equal is shown as it was expected: `5` and `5.00` are one. */
export function isRight(computed: Json, expected: Json): Json {
  if (typeof computed === "string" && typeof expected === "string") {
    const [a, b] = [tryDecimal(computed), tryDecimal(expected)];
    return a !== null && b !== null && equals(a, b) ? expected : computed;
  }
  if (Array.isArray(computed) && Array.isArray(expected)) {
    return computed.map((one: Json, index) => isRight(one, (expected[index] as Json) ?? null));
  }
  if (isObject(computed) && isObject(expected)) {
    return Object.fromEntries(
      Object.entries(expected).map(([name, value]) => [
        name,
        isRight(computed[name] ?? null, value),
      ]),
    );
  }
  return computed;
}

/** The numbers that the case's note gives as printed by the page, and all that came out. */
export function printedByErratum(
  { note, inputs }: PublishedCase,
  computed: Json,
): { readonly printed: readonly string[]; readonly computed: readonly string[] } {
  const said = inputs["printed"];
  const printed =
    typeof said === "string"
      ? [said]
      : [...note.matchAll(/prints? (\d+(?:\.\d+)?)/g)].map(([, number]) => number ?? "");
  return { printed, computed: textsIn(computed) };
}

function textsIn(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isObject(value) ? Object.values(value).flatMap(textsIn) : [];
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
