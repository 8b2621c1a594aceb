/** Refuses what a usage line says in vain: a quota behind a stop, a price of what is left out, packs of nothing, a least in credits. */

import { compare, normalize, tryDecimal } from "../numbers/decimal.ts";
import { amountFaults } from "./amount-faults.ts";
import { emptyFaults } from "./check-price.ts";
import type { Fault } from "./fault.ts";
import { matches } from "./matches.ts";
import type { PlanDocument, PlanMeter, UsageLine } from "./plan.ts";

export function vainFaults(
  plan: PlanDocument,
  line: UsageLine,
  meter: PlanMeter,
  path: string,
): Fault[] {
  return [
    ...packFaults(plan, line, meter, path),
    ...leastFaults(plan, line, path),
    ...stopFaults(line, path),
    ...unbilledFaults(line, path),
  ];
}

function packFaults(
  { currency }: PlanDocument,
  { packs = [], convert }: UsageLine,
  meter: PlanMeter,
  path: string,
): Fault[] {
  return packs.flatMap(({ quantity, amount }, index) => {
    const at = `${path}/packs/${index}`;
    const value = tryDecimal(quantity);
    const fits = value === null || convert !== undefined || normalize(value).scale <= meter.scale;
    return [
      ...emptyFaults(quantity, `${at}/quantity`, "a pack"),
      ...(fits
        ? []
        : [
            {
              path: `${at}/quantity`,
              code: "quantity_too_fine",
              detail: `${quantity} has more decimals than the meter ${meter.name}, which has ${meter.scale}`,
              hint: `write it with at most ${meter.scale} decimals`,
            },
          ]),
      ...amountFaults(amount, currency, `${at}/amount`),
    ];
  });
}

/** A line in credits is measured in them; what lifts it to its least would be money. */
function leastFaults({ currency }: PlanDocument, line: UsageLine, path: string): Fault[] {
  if (line.in === undefined) {
    return (["minimum", "maximum"] as const).flatMap((member) =>
      amountFaults(line[member] ?? "", currency, `${path}/${member}`),
    );
  }
  if (line.minimum === undefined) return [];
  return [
    {
      path: `${path}/minimum`,
      code: "minimum_in_credits",
      detail:
        "what is missing to the least of a line is billed in money, and the line is in credits",
      hint: "remove it; a contract may have a minimum of an amount or of a quantity",
    },
  ];
}

/** What lies behind a stop is never used; by seat and by period cannot be compared without a contract. */
function stopFaults({ included, limits = [], convert }: UsageLine, path: string): Fault[] {
  const quota =
    typeof included === "object" ? included : { quantity: included ?? "", per: "period" as const };
  const whole = tryDecimal(quota.quantity);
  if (whole === null || convert !== undefined) return [];
  return limits.flatMap((limit, index) => {
    const at = tryDecimal(limit.at);
    const comparable = (limit.per ?? "period") === quota.per;
    if (limit.do !== "stop" || !comparable || at === null || compare(at, whole) >= 0) return [];
    return [
      {
        path: `${path}/limits/${index}/at`,
        code: "quota_unreachable",
        detail: `the product stops at ${limit.at}, before the quota of ${quota.quantity} is used`,
        hint: "stop at the quota or beyond, or lower the quota",
      },
    ];
  });
}

function unbilledFaults({ unbilled = [], prices = [] }: UsageLine, path: string): Fault[] {
  const all = unbilled.flatMap(({ dimensions }, index) =>
    Object.keys(dimensions).length > 0
      ? []
      : [
          {
            path: `${path}/unbilled/${index}/dimensions`,
            code: "unbilled_matches_all",
            detail: "without dimensions all usage of the line is left out",
            hint: 'name dimensions, or say "billed": false of the meter and remove the line',
          },
        ],
  );
  if (all.length > 0) return all;
  return prices.flatMap(({ dimensions }, index) => {
    const left = unbilled.findIndex((one) => matches(one.dimensions, dimensions));
    if (left === -1) return [];
    return [
      {
        path: `${path}/prices/${index}/dimensions`,
        code: "price_unreachable",
        detail: `all that it matches is left out by /unbilled/${left}`,
        hint: "remove the price, or what leaves it out",
      },
    ];
  });
}
