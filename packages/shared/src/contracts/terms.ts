/** The words that plans and contracts share, as schemas: names, decimals, instants. */

import Type from "typebox";
import { namePattern } from "../wire/names.ts";

export const closed = { additionalProperties: false } as const;

export const Name = Type.String({
  pattern: "^[a-z0-9][a-z0-9_.-]{0,63}$",
  description: "lower-case letters, digits, and `_ . -`; at most 64",
});

/** As the wire has it: `[a-z][a-z0-9_.]{0,63}`. */
export const MeterName = Type.String({
  pattern: namePattern,
  description: "a meter's or a dimension's name, as the reports say it",
});

export const Money = Type.String({
  pattern: "^(0|[1-9][0-9]{0,17})(\\.[0-9]{1,12})?$",
  description: "an amount of the plan's currency, as a decimal string",
});

export const UnitPrice = Type.String({
  pattern: "^(0|[1-9][0-9]{0,11})(\\.[0-9]{1,18})?$",
  description: "the price of one unit, as a decimal string with at most 18 decimals",
});

export const Quantity = Type.String({
  pattern: "^(0|[1-9][0-9]{0,17})(\\.[0-9]{1,12})?$",
  description: "a quantity, as a decimal string",
});

export const InstantText = Type.String({
  pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:00:00Z$",
  description: "a whole UTC hour, such as 2026-01-01T00:00:00Z",
});

export const Labels = Type.Record(MeterName, Type.String({ minLength: 1, maxLength: 64 }), {
  description: "dimensions and the value each must have",
});
