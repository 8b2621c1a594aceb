/** A contract: one customer, one plan version, a term, and what happens when reports stay away. */

import Type from "typebox";
import { PriceModel } from "./price-model.ts";
import {
  closed,
  InstantText,
  Labels,
  MeterName,
  Money,
  Name,
  ParameterName,
  ParameterValue,
  Percent,
  Quantity,
  ShowPrices,
  UnitPrice,
} from "./terms.ts";

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
  Type.Literal("packs"),
]);

export const AmountMinimum = Type.Object(
  {
    amount: Money,
    counts: Type.Optional(
      Type.Array(Countable, {
        minItems: 1,
        uniqueItems: true,
        description: "which lines are measured against it; base, usage and overage when absent",
      }),
    ),
    discounts: Type.Optional(
      Type.Union([Type.Literal("before"), Type.Literal("after")], {
        description: "measured before the contract's discounts, or after; before when absent",
      }),
    ),
  },
  closed,
);

export const QuantityMinimum = Type.Object(
  { meter: MeterName, quantity: Quantity, shortfall_price: UnitPrice },
  closed,
);

const SeatCount = Type.String({ pattern: "^(0|[1-9][0-9]{0,8})$", description: "so many seats" });

export const Seats = Type.Union([
  SeatCount,
  Type.Array(Type.Object({ from: InstantText, seats: SeatCount }, closed), {
    minItems: 1,
    maxItems: 1000,
    description: "each count from its hour on",
  }),
]);

export const Discount = Type.Object(
  {
    id: Name,
    description: Type.Optional(Type.String({ minLength: 1, maxLength: 120 })),
    percent: Type.Optional(Percent),
    amount: Type.Optional(Money),
    on: Type.Optional(Type.Array(Countable, { minItems: 1, uniqueItems: true })),
    until: Type.Optional(InstantText),
  },
  { ...closed, description: "off the invoice, one after the other; percent or amount" },
);

export const Commitment = Type.Object(
  {
    amount: Money,
    to: Type.Optional(InstantText),
    counts: Type.Optional(Type.Array(Countable, { minItems: 1, uniqueItems: true })),
    overage_factor: Type.Optional(Quantity),
    true_up: Type.Optional(Type.Boolean()),
    /** What a contract before this one has counted towards it. */
    counted: Type.Optional(Money),
  },
  {
    ...closed,
    description:
      "an amount over several periods, up to `to` (the term's end when absent); what is missing to it is billed in the last",
  },
);

export const PackPurchase = Type.Object(
  {
    id: Name,
    line: Name,
    pack: Name,
    at: InstantText,
    paid: Type.Optional(
      Type.Literal(true, { description: "when it was bought: it is not invoiced again" }),
    ),
    /** What a contract before this one has left of it; all of it when absent. */
    left: Type.Optional(Quantity),
  },
  closed,
);

export const ContractPrice = Type.Object(
  {
    line: Name,
    dimensions: Type.Optional(Labels),
    unit_price: Type.Optional(UnitPrice),
    price: Type.Optional(PriceModel),
  },
  {
    ...closed,
    description:
      "agreed instead of the plan's list price: for usage with these dimensions, or for the rest of the line",
  },
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
    parameters: Type.Optional(
      Type.Record(ParameterName, ParameterValue, {
        description: "the numbers that the plan leaves open",
      }),
    ),
    prices: Type.Optional(Type.Array(ContractPrice, { minItems: 1, maxItems: 1000 })),
    options: Type.Optional(
      Type.Array(Name, { uniqueItems: true, maxItems: 20, description: "variants that it takes" }),
    ),
    seats: Type.Optional(Seats),
    annual: Type.Optional(
      Type.Literal(true, { description: "fees in advance that have a price for a year, by it" }),
    ),
    trial: Type.Optional(
      Type.Object(
        {
          to: InstantText,
          covers: Type.Optional(
            Type.Array(Type.Union([Type.Literal("base"), Type.Literal("usage")]), {
              minItems: 1,
              uniqueItems: true,
            }),
          ),
        },
        { ...closed, description: "up to this hour base and usage (or what it covers) are free" },
      ),
    ),
    comp: Type.Optional(
      Type.Object(
        { reason: Type.String({ minLength: 1, maxLength: 200 }) },
        { ...closed, description: "rated like any other, and invoiced as 0" },
      ),
    ),
    discounts: Type.Optional(Type.Array(Discount, { minItems: 1, maxItems: 20 })),
    commitment: Type.Optional(Commitment),
    overage: Type.Optional(
      Type.Array(Type.Object({ line: Name, from: InstantText }, closed), {
        minItems: 1,
        maxItems: 100,
        description: "opted into being billed beyond the quota, from this hour on",
      }),
    ),
    packs: Type.Optional(Type.Array(PackPurchase, { minItems: 1, maxItems: 1000 })),
    fallback: Type.Optional(
      Type.Union([Type.Literal("floor"), Type.Literal("share"), Type.Literal("estimate")]),
    ),
    report_due_hours: Type.Optional(Type.Integer({ minimum: 1, maximum: 8784 })),
    uncounted_allowance_hours: Type.Optional(Type.Integer({ minimum: 0, maximum: 8784 })),
    across_gap: Type.Optional(
      Type.Record(MeterName, Type.Union([Type.Literal("hold"), Type.Literal("zero")]), {
        description:
          "of a time-weighted meter: what it held while an agent was down, within the uncounted allowance; zero when absent",
      }),
    ),
    weights: Type.Optional(
      Type.Record(Name, Quantity, {
        description: "what an hour of each installation weighs; 1 when absent",
      }),
    ),
    grace_hours: Type.Optional(Type.Integer({ minimum: 0, maximum: 2160 })),
    settle_up_within_months: Type.Optional(Type.Integer({ minimum: 1, maximum: 120 })),
    settle_down_within_months: Type.Optional(Type.Integer({ minimum: 1, maximum: 120 })),
    first_report_by: Type.Optional(InstantText),
    show_prices: Type.Optional(ShowPrices),
    signed_document: Type.Optional(
      Type.Object(
        {
          reference: Type.String({ minLength: 1, maxLength: 200 }),
          sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
        },
        { ...closed, description: "the paper that both have signed, and the SHA-256 of its file" },
      ),
    ),
    after_term: Type.Optional(
      Type.Union([Type.Literal("continue"), Type.Literal("list_price"), Type.Literal("stop")], {
        description: "what is billed when the term is over and no contract follows",
      }),
    ),
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
export type Discount = Type.Static<typeof Discount>;
export type Commitment = Type.Static<typeof Commitment>;
export type ContractPrice = Type.Static<typeof ContractPrice>;
export type PackPurchase = Type.Static<typeof PackPurchase>;
export type AmountMinimum = Type.Static<typeof AmountMinimum>;
export type QuantityMinimum = Type.Static<typeof QuantityMinimum>;
export type ContractDocument = Type.Static<typeof ContractDocument>;

/** The field `fallback`, and `floor` where a contract names none. */
export type FallbackPolicy = "floor" | "share" | "estimate";
