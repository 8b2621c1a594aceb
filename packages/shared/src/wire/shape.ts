/** What a schema says about a value, as one fault that a person can act on. */

import type { TSchema } from "typebox";
import type { Validator } from "typebox/compile";

export type ShapeFault = {
  code: "member_unknown" | "member_missing" | "member_malformed";
  /** JSON pointer (RFC 6901) to the member; empty for the document itself. */
  path: string;
  detail: string;
};

type SchemaError = ReturnType<Validator["Errors"]>[number];

/** Null when the value fits; else the first fault. The offending value is never repeated. */
export function shapeFault(validator: Validator, value: unknown): ShapeFault | null {
  if (validator.Check(value)) return null;
  // `boolean` says of a forbidden member only that "schema is false"; `additionalProperties` names it.
  const error = validator.Errors(value).find(({ keyword }) => keyword !== "boolean");
  if (error === undefined) return { code: "member_malformed", path: "", detail: "it does not fit" };
  if (error.keyword === "additionalProperties") {
    const path = `${error.instancePath}/${pointerToken(error.params.additionalProperties[0] ?? "")}`;
    return { code: "member_unknown", path, detail: `${path} is no member of this document` };
  }
  if (error.keyword === "required") {
    const path = `${error.instancePath}/${error.params.requiredProperties[0] ?? ""}`;
    return { code: "member_missing", path, detail: `${path} is missing` };
  }
  const what = description(validator.Type(), error) ?? error.message;
  const path = error.instancePath;
  return { code: "member_malformed", path, detail: `${path === "" ? "it" : path} must be ${what}` };
}

/** The description nearest to where the schema failed. */
function description(schema: TSchema, error: SchemaError): string | null {
  let node: unknown = schema;
  let found: string | null = null;
  for (const token of error.schemaPath.split("/").slice(1)) {
    if (typeof node !== "object" || node === null) break;
    node = (node as Record<string, unknown>)[token.replaceAll("~1", "/").replaceAll("~0", "~")];
    const text = (node as { description?: unknown } | undefined)?.description;
    if (typeof text === "string") found = text;
  }
  return found;
}

/** A member's name in a JSON pointer, shortened: it may be anything. */
function pointerToken(name: string): string {
  return name.slice(0, 64).replaceAll("~", "~0").replaceAll("/", "~1");
}
