/** A contract: one customer, one plan version, a term, and what happens when reports stay away. */

import Type from "typebox";
import { closed, InstantText, MeterName, Money, Name, Quantity, UnitPrice } from "./terms.ts";

const CycleAnchor = Type.Union(
  [InstantText, Type.Literal("term_start"), Type.Literal("first_usage")],
  {
    description: "the hour that periods are counted from; term_start when absent",
  },
);

export const CycleTerms = Type.Union([
  Type.Object({ every: Type.Literal("month") }, closed),
  Type.Object(
    {
      every: Type.Literal("days"),
      days: Type.Integer({ minimum: 1, maximum: 366 }),
      anchor: Type.Optional(CycleAnchor),
    },
    closed,
  ),
  Type.Object({ every: Type.Literal("anniversary"), anchor: Type.Optional(CycleAnchor) }, closed),
]);

export const Countable = Type.Union([
  Type.Literal("base"),
  Type.Literal("usage"),
  Type.Literal("overage"),
]);

export const AmountMinimum = Type.Object(
  {
    amount: Money,
    counts: Type.Optional(
      Type.Array(Countable, {
        minItems: 1,
        uniqueItems: true,
        description: "which lines are measured against it; all when absent",
      }),
    ),
  },
  closed,
);

export const QuantityMinimum = Type.Object(
  { meter: MeterName, quantity: Quantity, shortfall_price: UnitPrice },
  closed,
);

export const ContractDocument = Type.Object(
  {
    version: Type.Integer({
      minimum: 1,
      description: "of this contract: an amendment is a new version",
    }),
    id: Name,
    customer: Name,
    plan: Type.Object({ id: Name, version: Type.Integer({ minimum: 1 }) }, closed),
    currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$" })),
    term: Type.Object({ from: InstantText, to: Type.Union([InstantText, Type.Null()]) }, closed),
    cycle: CycleTerms,
    minimum: Type.Optional(Type.Union([AmountMinimum, QuantityMinimum])),
    fallback: Type.Optional(
      Type.Union([Type.Literal("floor"), Type.Literal("share"), Type.Literal("estimate")]),
    ),
    report_due_hours: Type.Optional(Type.Integer({ minimum: 1, maximum: 8784 })),
    uncounted_allowance_hours: Type.Optional(Type.Integer({ minimum: 0, maximum: 8784 })),
    weights: Type.Optional(
      Type.Record(Name, Quantity, {
        description: "what an hour of each installation weighs; 1 when absent",
      }),
    ),
    grace_hours: Type.Optional(Type.Integer({ minimum: 0, maximum: 2160 })),
    settle_up_within_months: Type.Optional(Type.Integer({ minimum: 1, maximum: 120 })),
    settle_down_within_months: Type.Optional(Type.Integer({ minimum: 1, maximum: 120 })),
    first_report_by: Type.Optional(InstantText),
    after_term: Type.Optional(Type.Union([Type.Literal("continue"), Type.Literal("stop")])),
    prorate: Type.Optional(
      Type.Object(
        {
          base: Type.Optional(Type.Boolean()),
          included: Type.Optional(Type.Boolean()),
          minimum: Type.Optional(Type.Boolean()),
        },
        {
          ...closed,
          description:
            "by UTC hours where the term starts or ends inside a period; true when absent",
        },
      ),
    ),
  },
  closed,
);

export type CycleTerms = Type.Static<typeof CycleTerms>;
export type Countable = Type.Static<typeof Countable>;
export type AmountMinimum = Type.Static<typeof AmountMinimum>;
export type QuantityMinimum = Type.Static<typeof QuantityMinimum>;
export type ContractDocument = Type.Static<typeof ContractDocument>;

/** The field `fallback`, and `floor` where a contract names none. */
export type FallbackPolicy = "floor" | "share" | "estimate";
