/** Refuses price models that contradict themselves: tiers that overlap or are never reached, packages of nothing. */

import { compare, isZero, normalize, tryDecimal } from "../numbers/decimal.ts";
import type { Fault } from "./fault.ts";
import type { PriceModel } from "./price-model.ts";

/** `path`: where the model stands. */
export function priceModelFaults(price: PriceModel, path: string): Fault[] {
  switch (price.model) {
    case "package":
      return emptyFaults(price.size, `${path}/size`, "a package");
    case "graduated":
    case "volume":
      return [
        ...tierFaults(
          price.tiers.map(({ up_to }) => up_to),
          `${path}/tiers`,
          "up_to",
        ),
        ...price.tiers.flatMap((tier, index) =>
          tier.unit_price === undefined && tier.flat === undefined
            ? [freeTier(`${path}/tiers/${index}`)]
            : [],
        ),
      ];
    case "graduated_percentage":
      return tierFaults(
        price.tiers.map(({ up_to }) => up_to),
        `${path}/tiers`,
        "up_to",
      );
    case "blocks":
      return [
        ...price.tiers.flatMap(({ block }, index) =>
          emptyFaults(block, `${path}/tiers/${index}/block`, "a block"),
        ),
        ...endFaults(
          price.tiers.map(({ blocks_max }) => blocks_max),
          `${path}/tiers`,
          "blocks_max",
        ),
        ...price.tiers.flatMap(({ blocks_max }, index) =>
          blockCountFaults(blocks_max, `${path}/tiers/${index}/blocks_max`),
        ),
      ];
    case "percentage":
      return boundFaults(price, path);
  }
}

/** A least above the most. */
export function boundFaults(
  { minimum, maximum }: { readonly minimum?: string; readonly maximum?: string },
  path: string,
): Fault[] {
  const [least, most] = [minimum, maximum].map((text) => tryDecimal(text ?? ""));
  if (!least || !most || compare(least, most) <= 0) return [];
  return [
    {
      path: `${path}/minimum`,
      code: "minimum_above_maximum",
      detail: `the least, ${minimum ?? ""}, is above the most, ${maximum ?? ""}`,
      hint: "exchange them, or leave one of them out",
    },
  ];
}

function tierFaults(bounds: readonly (string | null)[], path: string, member: string): Fault[] {
  const ends = endFaults(bounds, path, member);
  if (ends.length > 0) return ends;
  return bounds.flatMap((bound, index) => {
    const value = tryDecimal(bound ?? "");
    const before = tryDecimal(bounds[index - 1] ?? "") ?? { coefficient: 0n, scale: 0 };
    if (value === null || compare(value, before) > 0) return [];
    return [
      {
        path: `${path}/${index}/${member}`,
        code: "tiers_overlap",
        detail: `the tier ends at ${bound ?? ""}, which the tier before has reached already`,
        hint: "write the tiers in rising order; each begins where the one before ends",
      },
    ];
  });
}

/** Only the last tier is without end; a tier behind one is never reached, and without one the rest has no price. */
function endFaults(bounds: readonly (string | null)[], path: string, member: string): Fault[] {
  const endless = bounds.indexOf(null);
  if (endless === -1) {
    return [
      {
        path: `${path}/${bounds.length - 1}/${member}`,
        code: "tiers_without_end",
        detail: "what goes beyond the last tier has no price",
        hint: `write null as the last tier's ${member}`,
      },
    ];
  }
  if (endless === bounds.length - 1) return [];
  return [
    {
      path: `${path}/${endless + 1}`,
      code: "tier_unreachable",
      detail: "the tier before it has no end",
      hint: "write null only in the last tier",
    },
  ];
}

function blockCountFaults(blocks: string | null, path: string): Fault[] {
  const value = tryDecimal(blocks ?? "");
  if (value === null || (!isZero(value) && normalize(value).scale === 0)) return [];
  return [
    {
      path,
      code: "blocks_not_whole",
      detail: `there are no ${blocks ?? ""} blocks: each that is begun counts whole`,
      hint: "write a whole number above 0, or null in the last tier",
    },
  ];
}

export function emptyFaults(size: string, path: string, what: string): Fault[] {
  const value = tryDecimal(size);
  if (value === null || !isZero(value)) return [];
  return [
    {
      path,
      code: "size_zero",
      detail: `${what} of 0 holds nothing`,
      hint: "write a size above 0",
    },
  ];
}

function freeTier(path: string): Fault {
  return {
    path,
    code: "tier_without_price",
    detail: "the tier says neither what a unit costs nor a flat fee",
    hint: 'write `unit_price`, `flat` or both; "0" where it is free on purpose',
  };
}
