/** Metadata with the limits that Stripe states: 50 keys of 40 characters, values of 500. docs.stripe.com/metadata. */

import { invalid } from "./refusal.ts";

const keysMax = 50;
const keyLengthMax = 40;
const valueLengthMax = 500;

/** `present` with the changes of a request; an empty value removes a key, an empty whole removes all. */
export function withMetadata(
  present: Record<string, string>,
  changes: Record<string, string | number | null> | "" | null | undefined,
): Record<string, string> {
  if (changes === undefined) return present;
  if (changes === "" || changes === null) return {};
  const next = { ...present };
  for (const [key, value] of Object.entries(changes)) {
    const text = String(value ?? "");
    if (key.length > keyLengthMax || text.length > valueLengthMax) {
      throw invalid("parameter_invalid", `Metadata ${key} is too long`, `metadata[${key}]`);
    }
    if (text === "") delete next[key];
    else next[key] = text;
  }
  if (Object.keys(next).length > keysMax) {
    throw invalid("parameter_invalid", `Metadata has at most ${keysMax} keys`, "metadata");
  }
  return next;
}
