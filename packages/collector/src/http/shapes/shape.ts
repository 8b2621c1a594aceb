/** The words that answers are described with. Objects are closed: what a shape forgets, a test finds. */

import Type, { type Static, type TProperties, type TSchema } from "typebox";
import { dimensionValuePattern, labelPattern } from "@submeter/shared/wire/names";

const closed = { additionalProperties: false };

export function shape<Members extends TProperties>(members: Members) {
  return Type.Object(members, closed);
}

export function orNull<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

export function oneOf<const Words extends readonly string[]>(...words: Words) {
  return Type.Unsafe<Words[number]>({ type: "string", enum: [...words] });
}

/** A document that has a description of its own elsewhere; `T` is its type. */
export function documentShape<T>(description: string) {
  return Type.Unsafe<T>({ type: "object", additionalProperties: true, description });
}

export function pageShape<Schema extends TSchema>(item: Schema) {
  return shape({ items: Type.Array(item), next: nextShape });
}

const nextShape = orNull(
  Type.String({ description: "The cursor of the next page; null when this is the last" }),
);

export const textShape = Type.String();
export const textOrNullShape = orNull(Type.String());
export const instantShape = Type.String({ format: "date-time" });
export const instantOrNullShape = orNull(instantShape);
/** Beside counts of a fleet. */
export const countedAtShape = orNull(
  Type.String({
    format: "date-time",
    description:
      "When all installations were looked at last: the counts are true as of then. Of this moment up to 1,000 installations, else up to a minute old; null before the first look",
  }),
);
export const countShape = Type.Integer({ minimum: 0 });
export const decimalShape = Type.String({
  pattern: "^-?[0-9]+(\\.[0-9]+)?$",
  description: "An exact decimal, never a float",
});
export const digestShape = Type.String({ pattern: "^[0-9a-f]{64}$" });
export const spanShape = shape({ from: instantShape, to: instantShape });
export const dimensionsShape = Type.Unsafe<Readonly<Record<string, string>>>({
  type: "object",
  additionalProperties: { type: "string" },
});

export const reasonText = Type.String({
  minLength: 1,
  maxLength: 2000,
  description: "Why; kept in the audit log",
});

/** What a text in a path, a query or a body names, so that a test can try everybody else's. */
export type Named =
  | "adjustment"
  | "customer"
  | "installation"
  | "contract"
  | "invoice"
  | "correction"
  | "plan"
  | "token"
  | "role"
  | "member"
  | "journal";

export function naming(named: Named) {
  return Type.String({ minLength: 1, maxLength: 200, "x-names": named });
}

/** The same for an id that is given to something new. */
export function newLabel(named: Named) {
  return Type.String({ pattern: labelPattern, "x-names": named });
}

export const subjectText = Type.String({ pattern: dimensionValuePattern });

export type Shaped<Schema extends TSchema> = Static<Schema>;
