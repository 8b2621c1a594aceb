/** Refuses a plan that contradicts itself, with the path of each fault. */

import { Compile } from "typebox/compile";
import { minorUnitDecimals } from "../numbers/currency.ts";
import { normalize, tryDecimal } from "../numbers/decimal.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import { dimensionsKey } from "../wire/dimensions.ts";
import type { Fault } from "./fault.ts";
import type { PlanLine, PlanMeter, UsageLine } from "./plan.ts";
import { PlanDocument } from "./plan.ts";
import { schemaFaults } from "./schema-faults.ts";

const validator = Compile(PlanDocument);

export type CheckedPlan =
  | { readonly kind: "plan"; readonly plan: PlanDocument }
  | { readonly kind: "faults"; readonly faults: readonly Fault[] };

export function checkPlan(value: unknown): CheckedPlan {
  if (!validator.Check(value)) return { kind: "faults", faults: schemaFaults(validator, value) };
  const faults = [
    ...currencyFaults(value),
    ...meterFaults(value),
    ...value.lines.flatMap((line, index) => lineFaults(value, line, index)),
  ];
  return faults.length === 0 ? { kind: "plan", plan: value } : { kind: "faults", faults };
}

function currencyFaults(plan: PlanDocument): Fault[] {
  const decimals = minorUnitDecimals(plan.currency);
  if (decimals === null) {
    return [
      {
        path: "/currency",
        code: "currency_unknown",
        detail: `${plan.currency} is no currency that Submeter knows`,
        hint: "write its ISO 4217 code in capitals, such as USD",
      },
    ];
  }
  return plan.lines.flatMap((line, index) =>
    line.kind === "base" ? amountFaults(line.amount, plan.currency, `/lines/${index}/amount`) : [],
  );
}

/** An amount that is billed as it stands must fit the currency's minor unit; unit prices need not. */
export function amountFaults(amount: string, currency: string, path: string): Fault[] {
  const decimals = minorUnitDecimals(currency);
  const value = tryDecimal(amount);
  if (decimals === null || value === null || normalize(value).scale <= decimals) return [];
  return [
    {
      path,
      code: "amount_too_fine",
      detail: `${amount} has more decimals than ${currency}, which has ${decimals}`,
      hint: `write it with at most ${decimals} decimals`,
    },
  ];
}

function meterFaults(plan: PlanDocument): Fault[] {
  return plan.meters.flatMap((meter, index) => {
    const path = `/meters/${index}`;
    if (plan.meters.findIndex(({ name }) => name === meter.name) !== index) {
      return [twice("meter_duplicate", `${path}/name`, `the meter ${meter.name}`)];
    }
    const priced = plan.lines.some((line) => line.kind === "usage" && line.meter === meter.name);
    if (priced && meter.billed === false) {
      return [
        {
          path: `${path}/billed`,
          code: "meter_unbilled_but_priced",
          detail: `the meter ${meter.name} is not billed and yet has a price`,
          hint: "remove either `billed` or the line",
        },
      ];
    }
    // What is unpriced is never silently free (design, promise 11).
    if (priced || meter.billed === false) return [];
    return [
      {
        path,
        code: "meter_without_price",
        detail: `no line prices the meter ${meter.name}`,
        hint: 'add a usage line for it, or write "billed": false',
      },
    ];
  });
}

function lineFaults(plan: PlanDocument, line: PlanLine, index: number): Fault[] {
  const path = `/lines/${index}`;
  const faults: Fault[] = [];
  if (plan.lines.findIndex(({ id }) => id === line.id) !== index) {
    faults.push(twice("line_duplicate", `${path}/id`, `the line ${line.id}`));
  }
  switch (line.kind) {
    case "base":
      return faults;
    case "usage":
      return [...faults, ...usageFaults(plan, line, index)];
  }
}

function usageFaults(plan: PlanDocument, line: UsageLine, index: number): Fault[] {
  const path = `/lines/${index}`;
  const meter = plan.meters.find(({ name }) => name === line.meter);
  if (meter === undefined) {
    return [
      {
        path: `${path}/meter`,
        code: "meter_unknown",
        detail: `the plan declares no meter ${line.meter}`,
        hint: `declare it under /meters, or name one of: ${plan.meters.map(({ name }) => name).join(", ")}`,
      },
    ];
  }
  const first = plan.lines.findIndex((one) => one.kind === "usage" && one.meter === line.meter);
  return [
    ...(first === index
      ? []
      : [twice("meter_priced_twice", `${path}/meter`, `the meter ${line.meter}`)]),
    ...aggregationFaults(meter, path),
    ...defaultFaults(line, path),
    ...includedFaults(line, meter, path),
    ...priceFaults(line.prices ?? [], path),
  ];
}

function aggregationFaults(meter: PlanMeter, path: string): Fault[] {
  if (meter.aggregation !== "max") return [];
  return [
    {
      path: `${path}/meter`,
      code: "meter_not_additive",
      detail: `${meter.name} keeps the greatest value of each hour; hours of it do not add up to a quantity`,
      hint: "price a meter that is a sum or time-weighted, and declare this one with `billed: false`",
    },
  ];
}

/** Every priced meter has a default price, or refuses (billing rules, section 4, "Select"). */
function defaultFaults(line: UsageLine, path: string): Fault[] {
  const both = line.unit_price !== undefined && line.unpriced !== undefined;
  const neither = line.unit_price === undefined && line.unpriced === undefined;
  if (both || neither) {
    return [
      {
        path: `${path}/unit_price`,
        code: "default_price_unclear",
        detail: `the line says ${both ? "both" : "neither"} what the rest costs ${both ? "and" : "nor"} that it is refused`,
        hint: 'write either `unit_price`, the price of all that no entry of `prices` matches, or "unpriced": "refuse"',
      },
    ];
  }
  if (line.unpriced === undefined || line.prices !== undefined) return [];
  return [
    {
      path,
      code: "line_without_price",
      detail: "the line has no price at all",
      hint: "write `unit_price`, or `prices` by dimension",
    },
  ];
}

function includedFaults(line: UsageLine, meter: PlanMeter, path: string): Fault[] {
  const included = line.included === undefined ? null : tryDecimal(line.included);
  if (included === null || normalize(included).scale <= meter.scale) return [];
  return [
    {
      path: `${path}/included`,
      code: "quantity_too_fine",
      detail: `${line.included} has more decimals than the meter ${meter.name}, which has ${meter.scale}`,
      hint: `write it with at most ${meter.scale} decimals`,
    },
  ];
}

/** The first price whose dimensions all match is taken, so one behind a less demanding one is never reached. */
function priceFaults(prices: NonNullable<UsageLine["prices"]>, path: string): Fault[] {
  return prices.flatMap(({ dimensions }, index) => {
    const at = `${path}/prices/${index}/dimensions`;
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
  });
}

/** Whether usage with these dimensions has every value that the price demands. */
export function matches(demanded: Dimensions, dimensions: Dimensions): boolean {
  return Object.entries(demanded).every(([name, value]) => dimensions[name] === value);
}

function twice(code: string, path: string, what: string): Fault {
  return { path, code, detail: `${what} stands here a second time`, hint: "keep one of them" };
}
