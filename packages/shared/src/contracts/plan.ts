/** A plan: what things cost, as a versioned document that a person can write by hand. Every number is a decimal string. */

import Type from "typebox";
import { closed, Labels, MeterName, Money, Name, Quantity, UnitPrice } from "./terms.ts";

export const PlanMeter = Type.Object(
  {
    name: MeterName,
    unit: Type.String({ minLength: 1, maxLength: 32, description: "one of what is counted" }),
    aggregation: Type.Union([
      Type.Literal("sum"),
      Type.Literal("time_weighted"),
      Type.Literal("max"),
    ]),
    scale: Type.Integer({
      minimum: 0,
      maximum: 12,
      description: "the most decimals of a quantity",
    }),
    billed: Type.Optional(
      Type.Literal(false, { description: "counted and shown, and on purpose without a price" }),
    ),
  },
  closed,
);

export const BaseLine = Type.Object(
  {
    id: Name,
    kind: Type.Literal("base"),
    description: Type.Optional(Type.String({ minLength: 1, maxLength: 120 })),
    amount: Money,
    timing: Type.Union([Type.Literal("advance"), Type.Literal("arrears")], {
      description: "billed for the period to come, or for the one that ended",
    }),
    every: Type.Optional(Type.Literal("period")),
  },
  closed,
);

export const DimensionPrice = Type.Object(
  {
    dimensions: Labels,
    unit_price: UnitPrice,
    description: Type.Optional(Type.String({ minLength: 1, maxLength: 120 })),
  },
  closed,
);

export const UsageLine = Type.Object(
  {
    id: Name,
    kind: Type.Literal("usage"),
    description: Type.Optional(Type.String({ minLength: 1, maxLength: 120 })),
    meter: MeterName,
    prices: Type.Optional(
      Type.Array(DimensionPrice, {
        minItems: 1,
        maxItems: 1000,
        description: "the first whose dimensions all match is the price",
      }),
    ),
    unit_price: Type.Optional(UnitPrice),
    unpriced: Type.Optional(
      Type.Literal("refuse", {
        description: "what no price matches keeps the period from closing",
      }),
    ),
    included: Type.Optional(Quantity),
  },
  closed,
);

export const PlanLine = Type.Union([BaseLine, UsageLine]);

export const PlanDocument = Type.Object(
  {
    version: Type.Integer({ minimum: 1, description: "of this plan: a change is a new version" }),
    id: Name,
    description: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    currency: Type.String({ pattern: "^[A-Z]{3}$", description: "ISO 4217" }),
    meters: Type.Array(PlanMeter, { maxItems: 500 }),
    lines: Type.Array(PlanLine, { minItems: 1, maxItems: 500 }),
  },
  closed,
);

export type PlanMeter = Type.Static<typeof PlanMeter>;
export type BaseLine = Type.Static<typeof BaseLine>;
export type DimensionPrice = Type.Static<typeof DimensionPrice>;
export type UsageLine = Type.Static<typeof UsageLine>;
export type PlanLine = Type.Static<typeof PlanLine>;
export type PlanDocument = Type.Static<typeof PlanDocument>;
