/** What reading a receipt, a state and a hello have in common. */

import type { Validator } from "typebox/compile";
import { tryInstant } from "../time/instant.ts";
import { shapeFault } from "./shape.ts";
import { parseStrictJson } from "./strict-json.ts";

export type ReadDocument<Document> =
  | { kind: "document"; document: Document }
  | { kind: "newer_version"; version: number }
  | { kind: "unreadable"; code: string; detail: string };

type Fault = { code: string; detail: string };

/** Strict JSON, then the version, then the schema, then `rules`. */
export function readDocument<Document>(
  body: Uint8Array,
  validator: Validator,
  rules: (document: Document) => Fault | null,
): ReadDocument<Document> {
  const json = parseStrictJson(body);
  if (json.kind === "malformed") {
    return { kind: "unreadable", code: json.code, detail: json.detail };
  }
  const version = (json.value as { version?: unknown } | null)?.version;
  if (typeof version === "number" && Number.isInteger(version) && version > 1) {
    return { kind: "newer_version", version };
  }
  const fault = shapeFault(validator, json.value) ?? rules(json.value as Document);
  return fault === null
    ? { kind: "document", document: json.value as Document }
    : { kind: "unreadable", code: fault.code, detail: fault.detail };
}

/** The calendar, which a pattern cannot check: there is no 30 February. Null members pass. */
export function instantFault<Document extends object>(
  document: Document,
  members: readonly (keyof Document & string)[],
): Fault | null {
  for (const member of members) {
    const text = document[member];
    if (typeof text === "string" && tryInstant(text) === null) {
      return { code: "instant_malformed", detail: `/${member} is no date of the calendar` };
    }
  }
  return null;
}
