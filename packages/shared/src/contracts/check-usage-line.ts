/** Refuses a usage line that contradicts itself or its plan, with the path of each fault. */

import { isZero, tryDecimal } from "../numbers/decimal.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import { dimensionsKey } from "../wire/dimensions.ts";
import { vainFaults } from "./check-said-in-vain.ts";
import { boundFaults, priceModelFaults } from "./check-price.ts";
import { limitFaults, quotaFaults } from "./check-quota.ts";
import type { Fault } from "./fault.ts";
import { twice } from "./fault.ts";
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
    ...aggregationFaults(meter, `${path}/meter`),
    ...defaultFaults(line, path),
    ...modelFaults(plan, line, path),
    ...conversionFaults(line, meter, path),
    ...quotaFaults(line, meter, path),
    ...limitFaults(line, path),
    ...priceFaults(line.prices ?? [], path),
    ...boundFaults(line, path),
    ...creditFaults(plan, line, path),
    ...vainFaults(plan, line, meter, path),
  ];
}

function aggregationFaults(meter: PlanMeter, path: string): Fault[] {
  if (meter.aggregation !== "max" || meter.over_period !== undefined) return [];
  return [
    {
      path,
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
    return [...faults, ...eventFaults(plan, price.event.meter, `${at}/event/meter`)];
  });
}

/** What counts the events is not counted as an amount as well, and adds up. */
function eventFaults(plan: PlanDocument, name: string, path: string): Fault[] {
  const meter = plan.meters.find((one) => one.name === name);
  if (meter === undefined) return [unknownMeter(plan, name, path)];
  const priced = plan.lines.some((one) => one.kind === "usage" && one.meter === name);
  return [
    ...(priced ? [twice("meter_priced_twice", path, `the meter ${name}`)] : []),
    ...aggregationFaults(meter, path),
  ];
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
