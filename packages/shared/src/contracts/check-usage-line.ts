/** Refuses a usage line that contradicts itself or its plan, with the path of each fault. */

import { compare, isZero, normalize, tryDecimal } from "../numbers/decimal.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import { dimensionsKey } from "../wire/dimensions.ts";
import { boundFaults, priceModelFaults } from "./check-price.ts";
import type { Fault } from "./fault.ts";
import { matches } from "./matches.ts";
import type { PlanDocument, PlanMeter, UsageLine } from "./plan.ts";

export function usageFaults(plan: PlanDocument, line: UsageLine, index: number): Fault[] {
  const path = `/lines/${index}`;
  const meter = plan.meters.find(({ name }) => name === line.meter);
  if (meter === undefined) return [unknownMeter(plan, line.meter, `${path}/meter`)];
  const first = plan.lines.findIndex((one) => one.kind === "usage" && one.meter === line.meter);
  return [
    ...(first === index
      ? []
      : [twice("meter_priced_twice", `${path}/meter`, `the meter ${line.meter}`)]),
    ...aggregationFaults(meter, path),
    ...defaultFaults(line, path),
    ...modelFaults(plan, line, path),
    ...conversionFaults(line, meter, path),
    ...quotaFaults(line, meter, path),
    ...limitFaults(line, path),
    ...priceFaults(line.prices ?? [], path),
    ...boundFaults(line, path),
    ...creditFaults(plan, line, path),
  ];
}

function aggregationFaults(meter: PlanMeter, path: string): Fault[] {
  if (meter.aggregation !== "max" || meter.over_period !== undefined) return [];
  return [
    {
      path: `${path}/meter`,
      code: "meter_not_additive",
      detail: `${meter.name} keeps the greatest value of each hour; hours of it do not add up to a quantity`,
      hint: "say with `over_period` of the meter (max, sum or mean) which figure is priced, or declare it with `billed: false`",
    },
  ];
}

/** Every priced meter has a default price, or refuses (billing rules, section 4, "Select"). */
function defaultFaults(line: UsageLine, path: string): Fault[] {
  const said = [line.unit_price, line.price, line.unpriced].filter((one) => one !== undefined);
  if (said.length !== 1) {
    const both = said.length > 1;
    return [
      {
        path: `${path}/unit_price`,
        code: "default_price_unclear",
        detail: `the line says ${both ? "both" : "neither"} what the rest costs ${both ? "and" : "nor"} that it is refused`,
        hint: 'write one of `unit_price` or `price`, the price of all that no entry of `prices` matches, or "unpriced": "refuse"',
      },
    ];
  }
  if (line.unpriced === undefined || line.prices !== undefined) return [];
  return [
    {
      path,
      code: "line_without_price",
      detail: "the line has no price at all",
      hint: "write `unit_price`, `price`, or `prices` by dimension",
    },
  ];
}

function modelFaults(plan: PlanDocument, line: UsageLine, path: string): Fault[] {
  const models = [
    ...(line.price === undefined ? [] : [{ price: line.price, at: `${path}/price` }]),
    ...(line.prices ?? []).flatMap(({ price }, index) =>
      price === undefined ? [] : [{ price, at: `${path}/prices/${index}/price` }],
    ),
  ];
  return models.flatMap(({ price, at }) => {
    const faults = priceModelFaults(price, at);
    if (line.per !== undefined && price.model !== "graduated" && price.model !== "volume") {
      faults.push({
        path: `${path}/per`,
        code: "per_without_unit_price",
        detail: `the price model ${price.model} has no price for a unit`,
        hint: "remove `per`, or write the sizes of the model in units",
      });
    }
    if (price.model !== "percentage" || price.event === undefined) return faults;
    if (at !== `${path}/price`) faults.push(eventsOfDimension(at));
    const { meter } = price.event;
    return plan.meters.some(({ name }) => name === meter)
      ? faults
      : [...faults, unknownMeter(plan, meter, `${at}/event/meter`)];
  });
}

function eventsOfDimension(at: string): Fault {
  return {
    path: `${at}/event`,
    code: "events_by_dimension",
    detail: "the events of a price by dimension cannot be told from the others",
    hint: "write the percentage as the line's own `price`",
  };
}

function conversionFaults(
  { convert, included }: UsageLine,
  meter: PlanMeter,
  path: string,
): Fault[] {
  if (convert === undefined) return [];
  const faults: Fault[] = [];
  if (convert.divide_by === "cycle_seconds" && meter.aggregation !== "time_weighted") {
    faults.push({
      path: `${path}/convert/divide_by`,
      code: "conversion_needs_time",
      detail: `${meter.name} is no time-weighted meter, so nothing of it was held for seconds`,
      hint: "write how many units of the meter make one, such as 1000",
    });
  }
  const divisor = tryDecimal(convert.divide_by);
  if (divisor !== null && isZero(divisor)) {
    faults.push({
      path: `${path}/convert/divide_by`,
      code: "size_zero",
      detail: "nothing can be divided by 0",
      hint: "write how many units of the meter make one",
    });
  }
  const byTime =
    typeof included === "object" && included.per !== "period" && included.per !== "seat";
  if (convert.round === "up" && byTime) {
    faults.push({
      path: `${path}/convert/round`,
      code: "rounding_hides_quota",
      detail: "a quota by day or instant is taken from exact quantities, not from rounded ones",
      hint: 'remove "round", or write the price as packages',
    });
  }
  return faults;
}

function quotaFaults(line: UsageLine, meter: PlanMeter, path: string): Fault[] {
  if (line.included === undefined) {
    return (["rollover", "overage", "packs"] as const)
      .filter((member) => line[member] !== undefined)
      .map((member) => ({
        path: `${path}/${member}`,
        code: "quota_missing",
        detail: `\`${member}\` is about an included quota, and the line has none`,
        hint: "write `included`, or remove it",
      }));
  }
  return [
    ...includedFaults(line, meter, path),
    ...(line.rollover === undefined ? [] : boundFaults(line.rollover, `${path}/rollover`)),
    ...(line.packs ?? []).flatMap(({ id }, index, all) =>
      all.findIndex((one) => one.id === id) === index
        ? []
        : [twice("pack_duplicate", `${path}/packs/${index}/id`, `the pack ${id}`)],
    ),
  ];
}

function includedFaults(line: UsageLine, meter: PlanMeter, path: string): Fault[] {
  const { included } = line;
  if (included === undefined) return [];
  const of = typeof included === "string" ? { quantity: included, per: "period" } : included;
  const at = typeof included === "string" ? `${path}/included` : `${path}/included/quantity`;
  const byTime = of.per === "day" || of.per === "instant";
  const faults: Fault[] = [];
  if (of.per === "instant" && meter.aggregation !== "time_weighted") {
    faults.push({
      path: `${path}/included/per`,
      code: "quota_needs_time",
      detail: `${meter.name} is no time-weighted meter: nothing of it is held at an instant`,
      hint: "write period, seat or day",
    });
  }
  if (byTime && (line.rollover !== undefined || line.packs !== undefined)) {
    faults.push({
      path: `${path}/included/per`,
      code: "quota_does_not_last",
      detail: "a quota by day or instant is gone with its time; nothing of it rolls over",
      hint: "remove `rollover` and `packs`, or give the quota for the period",
    });
  }
  const value = tryDecimal(of.quantity);
  // A converted quantity has no scale of its own.
  const fits = value === null || normalize(value).scale <= meter.scale;
  if (fits || line.convert !== undefined) return faults;
  return [
    ...faults,
    {
      path: at,
      code: "quantity_too_fine",
      detail: `${of.quantity} has more decimals than the meter ${meter.name}, which has ${meter.scale}`,
      hint: `write it with at most ${meter.scale} decimals`,
    },
  ];
}

function limitFaults({ limits = [] }: UsageLine, path: string): Fault[] {
  return limits.flatMap((limit, index) => {
    const at = `${path}/limits/${index}`;
    if ((limit.do === "throttle") !== (limit.rate !== undefined)) {
      return [
        {
          path: `${at}/rate`,
          code: "limit_rate_unclear",
          detail:
            limit.do === "throttle"
              ? "the limit slows down, and does not say to which rate"
              : "the limit stops, and yet has a rate",
          hint: 'a throttle has a `rate` such as "1/min", a stop has none',
        },
      ];
    }
    const [value, before] = [limit.at, limits[index - 1]?.at ?? ""].map(tryDecimal);
    if (!value || !before || compare(value, before) > 0) return [];
    return [
      {
        path: `${at}/at`,
        code: "limit_unreachable",
        detail: "the limit before it holds from there on already",
        hint: "write the limits in rising order",
      },
    ];
  });
}

/** The first price whose dimensions all match is taken, so one behind a less demanding one is never reached. */
function priceFaults(prices: NonNullable<UsageLine["prices"]>, path: string): Fault[] {
  return prices.flatMap(({ dimensions, unit_price, price }, index) => {
    const at = `${path}/prices/${index}/dimensions`;
    if ((unit_price === undefined) === (price === undefined)) {
      return [
        {
          path: `${path}/prices/${index}/unit_price`,
          code: "price_unclear",
          detail: "the entry needs one price",
          hint: "write either `unit_price` or `price`",
        },
      ];
    }
    if (Object.keys(dimensions).length === 0) {
      return [
        {
          path: at,
          code: "price_matches_all",
          detail: "a price without dimensions matches everything",
          hint: "write it as the line's own `unit_price`",
        },
      ];
    }
    return shadowedFaults(prices, dimensions, index, at);
  });
}

function shadowedFaults(
  prices: readonly { readonly dimensions: Dimensions }[],
  dimensions: Dimensions,
  index: number,
  at: string,
): Fault[] {
  const before = prices.findIndex(
    (earlier, position) => position < index && matches(earlier.dimensions, dimensions),
  );
  if (before === -1) return [];
  const same = dimensionsKey(prices[before]?.dimensions ?? {}) === dimensionsKey(dimensions);
  if (same) return [twice("price_duplicate", at, `the price for ${dimensionsKey(dimensions)}`)];
  return [
    {
      path: at,
      code: "price_unreachable",
      detail: `all that it matches has been matched by /prices/${before} before`,
      hint: "put the more demanding price first",
    },
  ];
}

function creditFaults({ credits }: PlanDocument, line: UsageLine, path: string): Fault[] {
  if (line.in === undefined || credits !== undefined) return [];
  return [
    {
      path: `${path}/in`,
      code: "credits_undeclared",
      detail: "the line is priced in credits, and the plan has none",
      hint: "write `credits` of the plan: its unit, how it is settled, what one costs",
    },
  ];
}

function unknownMeter(plan: PlanDocument, name: string, path: string): Fault {
  return {
    path,
    code: "meter_unknown",
    detail: `the plan declares no meter ${name}`,
    hint: `declare it under /meters, or name one of: ${plan.meters.map((one) => one.name).join(", ")}`,
  };
}

export function twice(code: string, path: string, what: string): Fault {
  return { path, code, detail: `${what} stands here a second time`, hint: "keep one of them" };
}
