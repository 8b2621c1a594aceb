/** The price models of a usage line other than "per unit": what a plan may say, one schema a model. */

import Type from "typebox";
import { closed, MeterName, OpenMoney, OpenPercent, OpenQuantity, OpenUnitPrice } from "./terms.ts";

const UpTo = Type.Union([OpenQuantity, Type.Null()], {
  description: "the greatest quantity that belongs to the tier; null for the last one",
});

export const Tier = Type.Object(
  {
    up_to: UpTo,
    unit_price: Type.Optional(OpenUnitPrice),
    flat: Type.Optional(OpenUnitPrice),
  },
  closed,
);

const tiers = {
  tiers: Type.Array(Tier, { minItems: 1, maxItems: 100 }),
  flat_at_zero: Type.Optional(
    Type.Literal(true, { description: "the first tier's flat fee is due without any usage, too" }),
  ),
};

export const PackagePrice = Type.Object(
  {
    model: Type.Literal("package", { description: "each package that is begun costs its amount" }),
    size: OpenQuantity,
    amount: OpenUnitPrice,
    free: Type.Optional(OpenQuantity),
  },
  closed,
);

export const GraduatedPrice = Type.Object(
  {
    model: Type.Literal("graduated", { description: "each unit costs what its own tier says" }),
    ...tiers,
  },
  closed,
);

export const VolumePrice = Type.Object(
  {
    model: Type.Literal("volume", { description: "all units cost what the tier reached says" }),
    ...tiers,
  },
  closed,
);

export const BlockTier = Type.Object(
  {
    block: OpenQuantity,
    blocks_max: Type.Union([OpenQuantity, Type.Null()], {
      description: "how many blocks of this size; null for the last tier",
    }),
    amount: OpenUnitPrice,
  },
  closed,
);

export const BlockPrice = Type.Object(
  {
    model: Type.Literal("blocks", {
      description: "so many blocks of one size, then blocks of the next; each that is begun counts",
    }),
    tiers: Type.Array(BlockTier, { minItems: 1, maxItems: 100 }),
  },
  closed,
);

export const PercentagePrice = Type.Object(
  {
    model: Type.Literal("percentage", {
      description: "a part of the amount that the meter counts, and a fee for each event",
    }),
    percent: OpenPercent,
    free: Type.Optional(OpenQuantity),
    event: Type.Optional(
      Type.Object(
        { meter: MeterName, amount: OpenUnitPrice, free: Type.Optional(OpenQuantity) },
        { ...closed, description: "the meter that counts the events, and what each costs" },
      ),
    ),
    minimum: Type.Optional(OpenMoney),
    maximum: Type.Optional(OpenMoney),
  },
  closed,
);

export const PercentTier = Type.Object(
  { up_to: UpTo, percent: OpenPercent, flat: Type.Optional(OpenUnitPrice) },
  closed,
);

export const GraduatedPercentagePrice = Type.Object(
  {
    model: Type.Literal("graduated_percentage"),
    tiers: Type.Array(PercentTier, { minItems: 1, maxItems: 100 }),
  },
  closed,
);

export const PriceModel = Type.Union([
  PackagePrice,
  GraduatedPrice,
  VolumePrice,
  BlockPrice,
  PercentagePrice,
  GraduatedPercentagePrice,
]);

export type Tier = Type.Static<typeof Tier>;
export type PackagePrice = Type.Static<typeof PackagePrice>;
export type GraduatedPrice = Type.Static<typeof GraduatedPrice>;
export type VolumePrice = Type.Static<typeof VolumePrice>;
export type BlockPrice = Type.Static<typeof BlockPrice>;
export type PercentagePrice = Type.Static<typeof PercentagePrice>;
export type GraduatedPercentagePrice = Type.Static<typeof GraduatedPercentagePrice>;
export type PriceModel = Type.Static<typeof PriceModel>;
