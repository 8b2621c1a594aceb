/** The shape of a meter file: what a schema can say of it. */

import Type from "typebox";
import type { Static } from "typebox";
import { closed, integer, text } from "../wire/members.ts";
import {
  decimalsMax,
  dimensionsMax,
  dimensionValuePattern,
  namePattern,
  unitPattern,
} from "../wire/names.ts";

export const cardinalityMax = 100_000;
export const valuesMax = 1000;

const name = text(namePattern, "a name: a lower-case letter, then at most 63 of a-z, 0-9, _ and .");
const value = text(
  dimensionValuePattern,
  "1 to 128 printable ASCII characters other than @, with no blank at either end",
);

const DimensionSchema = closed({
  name,
  values: Type.Optional(
    Type.Array(value, {
      minItems: 1,
      maxItems: valuesMax,
      description: `a list of 1 to ${valuesMax} values`,
    }),
  ),
  pattern: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 256,
      description: "a regular expression of 1 to 256 characters that the whole value must match",
    }),
  ),
  default: Type.Optional(value),
  pseudonymous: Type.Optional(Type.Boolean({ description: "true or false" })),
  cardinality_max: Type.Optional(integer(1, cardinalityMax)),
});

const MeterSchema = closed({
  name,
  unit: text(unitPattern, "a unit: 1 to 64 characters of letters, digits and %._/-"),
  aggregation: Type.Union(
    [Type.Literal("sum"), Type.Literal("time_weighted"), Type.Literal("max")],
    { description: '"sum", "time_weighted" or "max"' },
  ),
  scale: Type.Optional(integer(0, decimalsMax)),
  dimensions: Type.Optional(
    Type.Array(DimensionSchema, {
      maxItems: dimensionsMax,
      description: `a list of at most ${dimensionsMax} dimensions`,
    }),
  ),
});

export const MeterFileSchema = closed({
  version: Type.Literal(1, { description: "the number 1" }),
  meters: Type.Array(MeterSchema, {
    minItems: 1,
    maxItems: 1000,
    description: "a list of 1 to 1,000 meters",
  }),
  sources: Type.Optional(
    Type.Array(name, { maxItems: 64, description: "a list of at most 64 names" }),
  ),
});

export type DeclaredDimension = Static<typeof DimensionSchema>;
export type DeclaredMeter = Static<typeof MeterSchema>;

export type DeclaredMeterFile = Static<typeof MeterFileSchema>;
