/** What of a request does not fit its schema, in words of the person who wrote it. */

import { labelPattern, uuidPattern } from "@submeter/shared/wire/names";

/** As the schema's validator tells it. */
export type ValidationFault = {
  readonly instancePath: string;
  /** Of the schema: there are more than are told in words of ours. */
  readonly keyword?: string;
  readonly message?: string;
  readonly params?: Readonly<Record<string, unknown>>;
};

export type RequestFault = { readonly path: string; readonly detail: string };

const patterns: Readonly<Record<string, string>> = {
  [labelPattern]: "is no name: small letters, digits and dashes, up to 63 of them",
  [uuidPattern]: "is no UUID",
};

export function requestFault({
  instancePath,
  keyword = "",
  message,
  params = {},
}: ValidationFault): RequestFault {
  const of = (name: string): string => String(params[name]);
  switch (keyword) {
    case "required":
      return { path: `${instancePath}/${of("missingProperty")}`, detail: "is missing" };
    case "additionalProperties":
      return { path: `${instancePath}/${of("additionalProperty")}`, detail: "is not known here" };
    case "enum": {
      const allowed = params["allowedValues"];
      const words = Array.isArray(allowed) ? allowed.join(", ") : "";
      return { path: instancePath, detail: `is none of ${words}` };
    }
    case "type":
      return { path: instancePath, detail: `is no ${of("type")}` };
    case "minLength":
      return {
        path: instancePath,
        detail: params["limit"] === 1 ? "is empty" : `is shorter than ${of("limit")}`,
      };
    case "maxLength":
      return { path: instancePath, detail: `is longer than ${of("limit")}` };
    case "pattern":
      return {
        path: instancePath,
        detail: patterns[of("pattern")] ?? `does not match ${of("pattern")}`,
      };
    default:
      return { path: instancePath, detail: message ?? "does not fit" };
  }
}

const places: Readonly<Record<string, string>> = {
  body: "the body",
  params: "the address",
  querystring: "the query",
  headers: "the headers",
};

/** Where it was looked for, as the sentence begins. */
export function placeOf(validationContext: string | undefined): string {
  return places[validationContext ?? ""] ?? "the request";
}
