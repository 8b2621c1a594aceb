/** The words that plans and contracts share, as schemas: names, decimals, instants, parameters. */

import Type from "typebox";
import { namePattern } from "../wire/names.ts";

export const closed = { additionalProperties: false } as const;

/** What a plan leaves to each contract stands in it as `$name`. */
const parameterPattern = "\\$[a-z][a-z0-9_]{0,62}";

export const Name = Type.String({
  pattern: "^[a-z0-9][a-z0-9_.-]{0,63}$",
  description: "lower-case letters, digits, and `_ . -`; at most 64",
});

export const ParameterName = Type.String({
  pattern: "^[a-z][a-z0-9_]{0,62}$",
  description: "lower-case letters, digits and `_`; a plan refers to it as `$name`",
});

/** As the wire has it: `[a-z][a-z0-9_.]{0,63}`. */
export const MeterName = Type.String({
  pattern: namePattern,
  description: "a meter's or a dimension's name, as the reports say it",
});

const money = "(0|[1-9][0-9]{0,17})(\\.[0-9]{1,12})?";
const unitPrice = "(0|[1-9][0-9]{0,11})(\\.[0-9]{1,18})?";
const percent = "((0|[1-9][0-9]?)(\\.[0-9]{1,12})?|100(\\.0{1,12})?)";

export const Money = Type.String({
  pattern: `^${money}$`,
  description: "an amount of the plan's currency, as a decimal string",
});

export const UnitPrice = Type.String({
  pattern: `^${unitPrice}$`,
  description: "the price of one unit, as a decimal string with at most 18 decimals",
});

export const Percent = Type.String({
  pattern: `^${percent}$`,
  description: 'a part in a hundred, as a decimal string: "1.2" is 1.2 %',
});

export const Quantity = Type.String({
  pattern: `^${money}$`,
  description: "a quantity, as a decimal string",
});

/** What a contract puts in a parameter's place: the place itself says how many digits it may have. */
export const ParameterValue = Type.String({
  pattern: "^(0|[1-9][0-9]{0,17})(\\.[0-9]{1,18})?$",
  description: "a number as a decimal string",
});

export const OpenMoney = Type.String({
  pattern: `^(${money}|${parameterPattern})$`,
  description: "an amount of the plan's currency, as a decimal string or a parameter such as $fee",
});

export const OpenUnitPrice = Type.String({
  pattern: `^(${unitPrice}|${parameterPattern})$`,
  description: "the price of one unit, as a decimal string with at most 18 decimals or a parameter",
});

export const OpenPercent = Type.String({
  pattern: `^(${percent}|${parameterPattern})$`,
  description: 'a part in a hundred, as a decimal string ("1.2" is 1.2 %) or a parameter',
});

export const OpenQuantity = Type.String({
  pattern: `^(${money}|${parameterPattern})$`,
  description: "a quantity, as a decimal string or a parameter",
});

export const InstantText = Type.String({
  pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:00:00Z$",
  description: "a whole UTC hour, such as 2026-01-01T00:00:00Z",
});

export const Labels = Type.Record(MeterName, Type.String({ minLength: 1, maxLength: 64 }), {
  description: "dimensions and the value each must have",
});

export const ShowPrices = Type.Union([Type.Literal("never"), Type.Literal("admin")], {
  description:
    "whether prices travel to the customer's installations, for whoever opens the agent's page; never when neither contract nor plan says so",
});
