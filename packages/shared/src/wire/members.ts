/** Schemas of the members that several documents share. Each description completes "must be …". */

import Type from "typebox";
import type { TSchema } from "typebox";
import { base64UrlOf32Bytes } from "./base64.ts";
import { digestPattern, labelPattern, sequenceMax, uuidPattern } from "./names.ts";

const strict = { additionalProperties: false } as const;

/** Only these members. */
export function closed<Members extends Record<string, TSchema>>(members: Members) {
  return Type.Object(members, { ...strict, description: "an object" });
}

/** These members at least; others are ignored. */
export function open<Members extends Record<string, TSchema>>(members: Members) {
  return Type.Object(members, { description: "an object" });
}

export function nullable<Schema extends TSchema>(schema: Schema) {
  const what = (schema as { description?: string }).description ?? "a value";
  return Type.Union([schema, Type.Null()], { description: `${what}, or null` });
}

export function text(pattern: string, description: string) {
  return Type.String({ pattern, description });
}

export function integer(minimum: number, maximum: number) {
  const bounds = `${grouped(minimum)} to ${grouped(maximum)}`;
  return Type.Integer({ minimum, maximum, description: `an integer, ${bounds}` });
}

export const versionMember = Type.Literal(1, { description: "the number 1" });

export const installationMember = text(
  labelPattern,
  "an installation's name: 1 to 63 characters of a-z, 0-9 and -",
);
export const collectorMember = text(
  labelPattern,
  "a collector's name: 1 to 63 characters of a-z, 0-9 and -",
);
export const journalMember = text(uuidPattern, "a UUID in lower case");
export const sequenceMember = integer(1, sequenceMax);
export const digestMember = text(digestPattern, "64 lower-case hexadecimal digits");
export const publicKeyMember = text(
  `^${base64UrlOf32Bytes}$`,
  "32 bytes in base64url: 43 characters, no padding",
);
/** The calendar is checked by the readers (`instants.ts`); a pattern cannot. */
export const instantMember = text(
  "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$",
  "an instant in UTC with whole seconds, such as 2026-01-05T00:00:00Z",
);
export const extensionMember = Type.Record(Type.String(), Type.Unknown(), {
  description: "an object of your own",
});

/** `1,000,000`. Not by the locale's rules: they would be loaded with every program that reads a document, ten megabytes. */
function grouped(whole: number): string {
  return String(whole).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}
