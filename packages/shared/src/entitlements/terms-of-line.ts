/** What a usage line grants in a period: its quota, where it ends, and what the product is told at which quantity. */

import { contractTerms } from "../contracts/contract-terms.ts";
import type { ContractDocument } from "../contracts/contract.ts";
import type { PlanMeter, UsageLine } from "../contracts/plan.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  addFractions,
  ceilingToScale,
  compareFractions,
  fraction,
  fractionOf,
  isPositive,
  multiplyFractions,
  nothing,
  sumFractions,
} from "../numbers/fraction.ts";
import type { Carry } from "../rating/carry.ts";
import { divisorOf, measureOf } from "../rating/conversion.ts";
import { quotaOf } from "../rating/line-quota.ts";
import { lotsOf, purchasesIn } from "../rating/packs.ts";
import { seatTime } from "../rating/seats.ts";
import type { PeriodOfStatement } from "../rating/statement-inputs.ts";
import type { Instant } from "../time/instant.ts";
import { formatInstant, secondsPerHour } from "../time/instant.ts";

/** Quantities are in the meter's own unit, which is what the product counts. */
export type LineTerms = {
  /** With what rolled over and with the packs that are left; null: the line includes nothing. */
  readonly quota: Decimal | null;
  /** Whether what goes beyond the quota is billed. */
  readonly overage: "billed" | "off";
  /** Rising. */
  readonly limits: readonly LineLimit[];
  /** What thresholds are parts of: the quota, else where the product is stopped; null: nothing ends. */
  readonly ceiling: Decimal | null;
};

export type LineLimit = {
  readonly at: Decimal;
  readonly do: "throttle" | "stop";
  readonly rate: string | null;
};

type Granted = {
  readonly contract: ContractDocument;
  readonly period: PeriodOfStatement;
  readonly carried: Carry;
  readonly now: Instant;
};

export function termsOfLine(line: UsageLine, meter: PlanMeter, granted: Granted): LineTerms {
  const { contract, now } = granted;
  const base = baseQuota(line, meter, granted);
  const extra = base === null ? nothing : extraQuota(line, granted);
  const quota = base === null ? null : addFractions(base, extra);
  const decimals = (value: Fraction): Decimal => ceilingToScale(value, meter.scale);
  const pays =
    line.overage === "opt_in" &&
    (contract.overage ?? []).some((one) => one.line === line.id && one.from <= formatInstant(now));
  const overage = (line.overage ?? "billed") === "billed" || pays ? "billed" : "off";
  const limits = pays
    ? []
    : limitsOf(line, granted, { base, extra, quota, overage }).map(({ reached, ...limit }) => ({
        ...limit,
        at: decimals(reached),
      }));
  const stop = limits.findLast((limit) => limit.do === "stop")?.at ?? null;
  const whole = quota === null ? null : decimals(quota);
  return { quota: whole, overage, limits, ceiling: whole ?? stop };
}

/** What the plan includes, without what is carried from the periods before. */
function baseQuota(line: UsageLine, meter: PlanMeter, granted: Granted): Fraction | null {
  const { contract, period } = granted;
  const measure = measureOf(line, meter, period);
  const own = quotaOf(line, measure, {
    inputs: { contract, period, carried: { anchor: null } },
    terms: contractTerms(contract),
  });
  if (own === null) return null;
  const { included } = own;
  switch (included.per) {
    case "period":
    case "seat":
      return inMeterUnits(own.quantity, line, period);
    // Rating takes both of these from the meter's own quantities, before any conversion.
    case "day":
      return fractionOf(included.quantity);
    case "instant":
      // What may be held at every instant is, in an hour, so many unit-seconds.
      return multiplyFractions(fractionOf(included.quantity), hour);
  }
}

const hour = fraction(BigInt(secondsPerHour), 1n);

/** What rolled over into the period, and the packs that have been bought by now. */
function extraQuota(line: UsageLine, granted: Granted): Fraction {
  const { contract, period, carried, now } = granted;
  const bought = purchasesIn(line, contract, period).filter(({ at }) => at <= formatInstant(now));
  const lots = lotsOf(line, carried, bought).map(({ left }) => left);
  const rolled = fractionOf(carried.rollover?.[line.id] ?? "0");
  return inMeterUnits(sumFractions([rolled, ...lots]), line, period);
}

function inMeterUnits(
  quantity: Fraction,
  { convert }: UsageLine,
  period: PeriodOfStatement,
): Fraction {
  return convert === undefined ? quantity : multiplyFractions(quantity, divisorOf(convert, period));
}

/** A limit at the quota or beyond moves out by what packs and rollover add to it. */
function limitsOf(
  line: UsageLine,
  { contract, period }: Granted,
  { base, extra, quota, overage }: QuotaParts,
): { reached: Fraction; do: LineLimit["do"]; rate: string | null }[] {
  const declared = (line.limits ?? []).map((limit) => {
    const at = fractionOf(limit.at);
    const reached =
      limit.per === "seat" ? multiplyFractions(at, seatTime(contract, period, true)) : at;
    const isBeyond = base !== null && compareFractions(reached, base) >= 0;
    return {
      reached: isBeyond && isPositive(extra) ? addFractions(reached, extra) : reached,
      do: limit.do,
      rate: limit.rate ?? null,
    };
  });
  // What is never billed beyond the quota ends with it, also where the plan does not say so in a limit.
  if (declared.length > 0 || quota === null || overage === "billed") return declared;
  return [{ reached: quota, do: "stop", rate: null }];
}

type QuotaParts = {
  readonly base: Fraction | null;
  readonly extra: Fraction;
  readonly quota: Fraction | null;
  readonly overage: LineTerms["overage"];
};
