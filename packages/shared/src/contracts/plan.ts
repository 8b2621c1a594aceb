/** A plan: what things cost, as a versioned document that a person can write by hand. Every number is a decimal string. */

import Type from "typebox";
import { PriceModel } from "./price-model.ts";
import {
  closed,
  Labels,
  MeterName,
  OpenMoney,
  Name,
  ParameterName,
  OpenPercent,
  OpenQuantity,
  OpenUnitPrice,
  Percent,
  ShowPrices,
} from "./terms.ts";

const Description = Type.Optional(Type.String({ minLength: 1, maxLength: 120 }));
const Group = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 64,
    description: "what is summed up together on screens",
  }),
);

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
    over_period: Type.Optional(
      Type.Union([Type.Literal("max"), Type.Literal("sum"), Type.Literal("mean")], {
        description: "of a `max` meter: which figure of its hours is the period's",
      }),
    ),
    across: Type.Optional(
      Type.Union([Type.Literal("sum"), Type.Literal("max")], {
        description: "of a `max` meter: whether installations add up, or the greatest counts",
      }),
    ),
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
    description: Description,
    group: Group,
    amount: OpenMoney,
    per: Type.Optional(
      Type.Literal("seat", { description: "for each seat that the contract names" }),
    ),
    variants: Type.Optional(
      Type.Array(Type.Object({ option: Name, amount: OpenMoney }, closed), {
        minItems: 1,
        maxItems: 20,
        description: "the amount for contracts with this option; the first that is taken counts",
      }),
    ),
    year_months: Type.Optional(
      Type.String({
        pattern: "^([1-9]|1[0-2])$",
        description: "a contract billed by the year pays so many months for twelve",
      }),
    ),
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
    unit_price: Type.Optional(OpenUnitPrice),
    price: Type.Optional(PriceModel),
    description: Description,
  },
  closed,
);

export const Conversion = Type.Object(
  {
    unit: Type.String({ minLength: 1, maxLength: 32, description: "one of what is priced" }),
    divide_by: Type.Union([OpenQuantity, Type.Literal("cycle_seconds")], {
      description: "how many units of the meter make one; or the seconds of the actual cycle",
    }),
    round: Type.Optional(Type.Literal("up", { description: "to whole units" })),
  },
  closed,
);

export const Included = Type.Object(
  {
    quantity: OpenQuantity,
    per: Type.Union(
      [Type.Literal("period"), Type.Literal("seat"), Type.Literal("day"), Type.Literal("instant")],
      {
        description:
          "for the period; for each seat; anew each UTC day; or, of a time-weighted meter, at every instant",
      },
    ),
  },
  closed,
);

export const Rollover = Type.Object(
  { minimum: Type.Optional(OpenQuantity), maximum: Type.Optional(OpenQuantity) },
  { ...closed, description: "what is left of the quota goes into the next period, within bounds" },
);

export const Pack = Type.Object({ id: Name, quantity: OpenQuantity, amount: OpenMoney }, closed);

export const Limit = Type.Object(
  {
    at: OpenQuantity,
    per: Type.Optional(Type.Literal("seat")),
    do: Type.Union([Type.Literal("stop"), Type.Literal("throttle")]),
    rate: Type.Optional(
      Type.String({ pattern: `^([1-9][0-9]{0,8}|\\$[a-z][a-z0-9_]{0,62})/(s|min|h|day)$` }),
    ),
  },
  { ...closed, description: "what the product is told to do from this quantity on" },
);

export const UsageLine = Type.Object(
  {
    id: Name,
    kind: Type.Literal("usage"),
    description: Description,
    group: Group,
    meter: MeterName,
    in: Type.Optional(
      Type.Literal("credits", { description: "its prices are in the plan's credits" }),
    ),
    convert: Type.Optional(Conversion),
    per: Type.Optional(
      Type.String({
        pattern: "^[1-9][0-9]{0,17}$",
        description: "how many units its prices are for: 1000, 1000000",
      }),
    ),
    unbilled: Type.Optional(
      Type.Array(
        Type.Object(
          { dimensions: Labels, why: Type.String({ minLength: 1, maxLength: 120 }) },
          closed,
        ),
        { minItems: 1, maxItems: 100, description: "left out before quota, limits and prices" },
      ),
    ),
    prices: Type.Optional(
      Type.Array(DimensionPrice, {
        minItems: 1,
        maxItems: 1000,
        description: "the first whose dimensions all match is the price",
      }),
    ),
    unit_price: Type.Optional(OpenUnitPrice),
    price: Type.Optional(PriceModel),
    unpriced: Type.Optional(
      Type.Literal("refuse", {
        description: "what no price matches keeps the period from closing",
      }),
    ),
    included: Type.Optional(Type.Union([OpenQuantity, Included])),
    rollover: Type.Optional(Rollover),
    packs: Type.Optional(Type.Array(Pack, { minItems: 1, maxItems: 50 })),
    overage: Type.Optional(
      Type.Union([Type.Literal("billed"), Type.Literal("opt_in"), Type.Literal("off")], {
        description: "whether what goes beyond the quota is billed; billed when absent",
      }),
    ),
    limits: Type.Optional(Type.Array(Limit, { minItems: 1, maxItems: 20 })),
    thresholds: Type.Optional(
      Type.Array(Percent, {
        minItems: 1,
        maxItems: 10,
        uniqueItems: true,
        description:
          "percents of the quota at which somebody is told; 80 and 100 when absent. The product is warned from the last below 100 on",
      }),
    ),
    discount: Type.Optional(OpenPercent),
    minimum: Type.Optional(OpenMoney),
    maximum: Type.Optional(OpenMoney),
  },
  closed,
);

export const PlanLine = Type.Union([BaseLine, UsageLine]);

export const Credits = Type.Object(
  {
    unit: Type.String({ minLength: 1, maxLength: 32 }),
    settled: Type.Union([Type.Literal("prepaid"), Type.Literal("invoiced")], {
      description: "taken from a balance that was bought before, or exchanged and invoiced",
    }),
    exchange: Type.Optional(OpenUnitPrice),
  },
  { ...closed, description: "a unit of price; `exchange` is what one of it costs in the currency" },
);

export const Entitlement = Type.Union([
  Type.String({ maxLength: 200 }),
  Type.Boolean(),
  Type.Integer(),
  Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 }),
  Type.Null(),
]);

export const PlanDocument = Type.Object(
  {
    version: Type.Integer({ minimum: 1, description: "of this plan: a change is a new version" }),
    id: Name,
    description: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    currency: Type.String({ pattern: "^[A-Z]{3}$", description: "ISO 4217" }),
    notes: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 500 }), {
        maxItems: 50,
        description: "for readers: which reading was chosen where several were possible",
      }),
    ),
    parameters: Type.Optional(
      Type.Record(ParameterName, Type.String({ minLength: 1, maxLength: 200 }), {
        description: "what each contract must give; stands as `$name` where its number belongs",
      }),
    ),
    credits: Type.Optional(Credits),
    show_prices: Type.Optional(ShowPrices),
    entitlements: Type.Optional(
      Type.Record(Name, Entitlement, {
        description: "what the plan allows besides what is counted; null is without limit",
      }),
    ),
    meters: Type.Array(PlanMeter, { maxItems: 500 }),
    lines: Type.Array(PlanLine, { minItems: 1, maxItems: 500 }),
  },
  closed,
);

export type PlanMeter = Type.Static<typeof PlanMeter>;
export type BaseLine = Type.Static<typeof BaseLine>;
export type DimensionPrice = Type.Static<typeof DimensionPrice>;
export type Conversion = Type.Static<typeof Conversion>;
export type Included = Type.Static<typeof Included>;
export type Limit = Type.Static<typeof Limit>;
export type Pack = Type.Static<typeof Pack>;
export type Entitlement = Type.Static<typeof Entitlement>;
export type UsageLine = Type.Static<typeof UsageLine>;
export type PlanLine = Type.Static<typeof PlanLine>;
export type PlanDocument = Type.Static<typeof PlanDocument>;
