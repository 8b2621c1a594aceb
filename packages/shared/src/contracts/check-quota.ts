/** Refuses an included quota, or limits, that contradict themselves or the meter that they are of. */

import { compare, normalize, tryDecimal } from "../numbers/decimal.ts";
import { boundFaults } from "./check-price.ts";
import type { Fault } from "./fault.ts";
import { twice } from "./fault.ts";
import type { PlanMeter, UsageLine } from "./plan.ts";

export function quotaFaults(line: UsageLine, meter: PlanMeter, path: string): Fault[] {
  if (line.included === undefined) {
    // Without a quota thresholds are parts of where the product is stopped.
    const stops = (line.limits ?? []).some((limit) => limit.do === "stop");
    return (["rollover", "overage", "packs", "thresholds"] as const)
      .filter((member) => line[member] !== undefined && !(member === "thresholds" && stops))
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
  if (of.per === "day" && meter.aggregation === "max") {
    faults.push({
      path: `${path}/included/per`,
      code: "quota_needs_sum",
      detail: `the hours of ${meter.name} do not add up to a day's quantity`,
      hint: "write period or seat",
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

export function limitFaults({ limits = [] }: UsageLine, path: string): Fault[] {
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
