/** Usage as it is answered: counted, held, unbilled and unknown, each by itself. */

import Type from "typebox";
import {
  decimalShape,
  dimensionsShape,
  instantOrNullShape,
  instantShape,
  oneOf,
  orNull,
  shape,
  textOrNullShape,
  textShape,
} from "./shape.ts";

const apartShape = shape({
  at: instantShape,
  installation: textShape,
  customer: textOrNullShape,
  meter: textShape,
  quantity: decimalShape,
  code: textOrNullShape,
  reason: textOrNullShape,
});

export const usageRowShape = shape({
  at: instantShape,
  customer: textOrNullShape,
  meter: textShape,
  dimensions: Type.Optional(dimensionsShape),
  quantity: decimalShape,
});

export const totalsShape = Type.Unsafe<Readonly<Record<string, string>>>({
  type: "object",
  additionalProperties: decimalShape,
});

export const cycleStateShape = oneOf("running", "not_started", "not_begun", "ended", "no_contract");

export const usageShape = shape({
  state: Type.Unsafe<"counted" | "not_started" | "not_begun" | "ended" | "no_contract" | "running">(
    {
      type: "string",
      enum: ["counted", "not_started", "not_begun", "ended", "no_contract", "running"],
      description: "`not_started`: no usage yet, so the first cycle has not begun",
    },
  ),
  from: instantOrNullShape,
  to: instantOrNullShape,
  rows: Type.Array(usageRowShape),
  next: textOrNullShape,
  totals: totalsShape,
  breakdown: orNull(
    Type.Array(
      shape({ meter: textShape, dimension: textShape, value: textShape, quantity: decimalShape }),
      {
        description:
          "The span's totals by each dimension's values; null unless one customer is asked for",
      },
    ),
  ),
  adjustments: orNull(
    Type.Array(
      shape({
        id: textShape,
        customer: textShape,
        meter: textShape,
        dimensions: dimensionsShape,
        from: instantShape,
        to: instantShape,
        quantity: decimalShape,
        within: Type.Unsafe<string>({
          ...decimalShape,
          description: "What of it falls into the span: it is spread evenly over its hours",
        }),
        reason: textShape,
      }),
      {
        description:
          "Approved corrections of usage: billed so, in no row and no total above; null where an installation or one member is asked for, of whom they do not speak",
      },
    ),
  ),
  adjusted: Type.Unsafe<Readonly<Record<string, string>>>({
    ...totalsShape,
    description: "What `totals` come to with the adjustments, of the meters that have any",
  }),
  quarantined: orNull(
    Type.Array(apartShape, {
      description: "Known, not counted; null where it cannot be told whose it is",
    }),
  ),
  unbilled: Type.Array(apartShape),
  complete: orNull(
    Type.Boolean({
      description: "Whether all of the span that is over is known; null without a span",
    }),
  ),
  unknown: Type.Array(
    shape({
      installation: textShape,
      from: instantShape,
      never_reported: Type.Boolean(),
    }),
    { description: "From when on nothing is known: missing, not zero; the first hundred" },
  ),
});
