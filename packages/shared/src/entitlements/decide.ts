/**
 * May this meter be used? Decided where the product runs, from the last verified state and what was counted since:
 *
 *   never told ─► unknown · suspended ─► blocked · period over ─► unknown · limits ─► throttle, blocked · quota ─► warning · ok
 *
 * Age alone never turns an answer for the worse: the vendor's silence is not the customer's default.
 */

import type { Decimal } from "../numbers/decimal.ts";
import {
  add,
  compare,
  decimal,
  format,
  greater,
  isNegative,
  isZero,
  subtract,
  zero,
} from "../numbers/decimal.ts";
import { divideFractions, floorToScale, toFraction } from "../numbers/fraction.ts";
import type { Instant, Interval } from "../time/instant.ts";
import { formatInstant, parseInstant, secondsPerDay, secondsPerHour } from "../time/instant.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import type { EntitlementTerms, Entitlements, MeterEntitlement } from "./entitlements.ts";

export type EntitlementStatus = "ok" | "warning" | "throttle" | "blocked" | "unknown";

export type EntitlementReason =
  /** No state of the collector was ever verified here. */
  | "no_state"
  /** The newest state says nothing of entitlements, or in a way that this version cannot read. */
  | "not_told"
  | "no_contract"
  /** The state is of a period that is over, and does not say what holds since. */
  | "period_over"
  | "suspended"
  /** Nothing limits this meter. */
  | "not_limited"
  | "within"
  | "near_quota"
  | "beyond_quota"
  | "limit_reached";

export type EntitlementAnswer = {
  readonly meter: string;
  readonly unit: string | null;
  readonly status: EntitlementStatus;
  readonly reason: EntitlementReason;
  /** Of the quota's time: as the collector had recorded, with what was counted here since. */
  readonly used: string | null;
  readonly quota: string | null;
  /** To where it stops, else to the end of the quota; null without either. */
  readonly remaining: string | null;
  /** Under `throttle`: the pace to keep, such as `1/min`. */
  readonly rate: string | null;
  /** Whether what goes beyond the quota is billed; null without a quota. */
  readonly overage: "billed" | "off" | null;
  readonly resets_at: string | null;
};

export type HeldEntitlements = {
  readonly entitlements: Entitlements | null;
};

export type Question = {
  readonly meter: string;
  readonly now: Instant;
  /** Null before the first verified state. */
  readonly held: HeldEntitlements | null;
  /** What was counted here, in windows of the span, and is not in the state's `used`. */
  readonly countedSince: CountedSince;
};

export type CountedSince = (
  of: {
    readonly meter: string;
    readonly combine: "add" | "greatest";
    readonly excludes: readonly Dimensions[];
  },
  span: Interval,
) => Decimal;

export function decideEntitlement(question: Question): EntitlementAnswer {
  const { held, meter } = question;
  if (held === null) return unlimited(meter, "unknown", "no_state");
  const { entitlements } = held;
  if (entitlements === null) return unlimited(meter, "unknown", "not_told");
  const answer = byQuota(question, entitlements);
  return entitlements.suspended === null
    ? answer
    : { ...answer, status: "blocked", reason: "suspended", remaining: "0", rate: null };
}

function byQuota(question: Question, { period, meters }: Entitlements): EntitlementAnswer {
  const { meter: name, now, countedSince } = question;
  if (period === null) return unlimited(name, "unknown", "no_contract");
  const meter = meters.find((one) => one.meter === name);
  const until = meter?.renews?.to ?? period.to;
  if (meter === undefined) {
    return now >= parseInstant(period.to)
      ? unlimited(name, "unknown", "period_over")
      : unlimited(name, "ok", "not_limited");
  }
  if (now >= parseInstant(until)) {
    return { ...unlimited(name, "unknown", "period_over"), unit: meter.unit };
  }
  const { span, terms, recorded } = spanOf(meter, period, now);
  const used = usedIn(meter, recorded, span, countedSince);
  return answered(meter, terms, used, span);
}

type Held = {
  readonly span: Interval;
  readonly terms: EntitlementTerms;
  readonly recorded: boolean;
};

/** The span of the quota that `now` lies in: the one of the state, or one that began after it. */
function spanOf(meter: MeterEntitlement, period: { readonly to: string }, now: Instant): Held {
  const [from, to] = [parseInstant(meter.from), parseInstant(meter.to)];
  const periodTo = parseInstant(period.to);
  const terms = meter.renews !== null && now >= periodTo ? meter.renews : meter;
  if (now < to) return { span: { from, to }, terms, recorded: true };
  const until = meter.renews === null ? periodTo : parseInstant(meter.renews.to);
  if (meter.per === "period") return { span: { from: to, to: until }, terms, recorded: false };
  const seconds = meter.per === "day" ? secondsPerDay : secondsPerHour;
  const start = Math.floor(now / seconds) * seconds;
  return { span: { from: start, to: start + seconds }, terms, recorded: false };
}

function usedIn(
  meter: MeterEntitlement,
  isRecorded: boolean,
  span: Interval,
  countedSince: CountedSince,
): Decimal {
  const recorded = isRecorded ? decimal(meter.used) : zero;
  switch (meter.combine) {
    case "add":
      return add(recorded, countedSince({ ...meter, combine: "add" }, span));
    case "greatest":
      return greater(recorded, countedSince({ ...meter, combine: "greatest" }, span));
    case "none":
      return recorded;
  }
}

function answered(
  meter: MeterEntitlement,
  terms: EntitlementTerms,
  used: Decimal,
  span: Interval,
): EntitlementAnswer {
  const quota = terms.quota === null ? null : decimal(terms.quota);
  const stop = terms.limits.find((limit) => limit.do === "stop")?.at;
  const end = stop === undefined ? quota : decimal(stop);
  return {
    meter: meter.meter,
    unit: meter.unit,
    ...standing(terms, used, quota),
    used: format(used),
    quota: terms.quota,
    remaining: end === null ? null : format(positive(subtract(end, used))),
    overage: quota === null ? null : meter.overage,
    resets_at: formatInstant(span.to),
  };
}

function standing(
  { limits, warn_at }: EntitlementTerms,
  used: Decimal,
  quota: Decimal | null,
): Pick<EntitlementAnswer, "status" | "reason" | "rate"> {
  const holding = limits.findLast(({ at }) => reaches(used, at));
  if (holding !== undefined) {
    return holding.do === "stop"
      ? { status: "blocked", reason: "limit_reached", rate: null }
      : { status: "throttle", reason: "limit_reached", rate: holding.rate };
  }
  if (quota !== null && compare(used, quota) >= 0) {
    return { status: "warning", reason: "beyond_quota", rate: null };
  }
  if (warn_at !== null && reaches(used, warn_at)) {
    return { status: "warning", reason: "near_quota", rate: null };
  }
  const reason = quota === null && limits.length === 0 ? "not_limited" : "within";
  return { status: "ok", reason, rate: null };
}

/** How long what remains lasts at a pace in units a second; null where nothing ends or nothing is used. */
export function secondsLeft(remaining: string | null, perSecond: Decimal): number | null {
  if (remaining === null || isZero(perSecond) || isNegative(perSecond)) return null;
  const seconds = divideFractions(toFraction(decimal(remaining)), toFraction(perSecond));
  const whole = floorToScale(seconds, 0).coefficient;
  return whole > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(whole);
}

function reaches(used: Decimal, at: string): boolean {
  return compare(used, decimal(at)) >= 0;
}

function positive(value: Decimal): Decimal {
  return isNegative(value) ? zero : value;
}

function unlimited(
  meter: string,
  status: EntitlementStatus,
  reason: EntitlementReason,
): EntitlementAnswer {
  return {
    meter,
    unit: null,
    status,
    reason,
    used: null,
    quota: null,
    remaining: null,
    rate: null,
    overage: null,
    resets_at: null,
  };
}
