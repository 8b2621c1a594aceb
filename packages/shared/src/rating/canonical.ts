/** One text for one JSON value: members in code-point order, no white space, whole numbers only. What digests are taken of. */

import { digestHex } from "../wire/digest.ts";

const encoder = new TextEncoder();

/** Throws a RangeError for what is no JSON, and for numbers that are no safe integers: amounts are strings. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object") {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  const shown = typeof value === "number" ? `the number ${value}` : `a ${typeof value}`;
  throw new RangeError(`${shown} has no canonical JSON`);
}

export function canonicalBytes(value: unknown): Uint8Array {
  return encoder.encode(canonicalJson(value));
}

/** SHA-256 of the canonical bytes, 64 lower-case hex. */
export function canonicalDigest(value: unknown): string {
  return digestHex(canonicalBytes(value));
}
