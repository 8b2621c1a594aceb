/**
 * How far each meter of a plan has been used in the open period, and where the plan wants something done about it. What an
 * entitlement, a threshold event and a screen say comes from here, so that they agree.
 */

import type { ContractDocument } from "../contracts/contract.ts";
import type { PlanDocument, PlanMeter, UsageLine } from "../contracts/plan.ts";
import { compare, decimal, sum } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import { ceilingToScale, fractionOf, multiplyFractions, toFraction } from "../numbers/fraction.ts";
import { billableUsage } from "../rating/billable-usage.ts";
import type { Carry } from "../rating/carry.ts";
import { gaugeFigure } from "../rating/gauge-figure.ts";
import type { PeriodOfStatement, UsageRow } from "../rating/statement-inputs.ts";
import type { Instant, Interval } from "../time/instant.ts";
import { formatInstant, parseInstant, secondsPerDay, secondsPerHour } from "../time/instant.ts";
import { dimensionsKey } from "../wire/dimensions.ts";
import { type LineTerms, termsOfLine } from "./terms-of-line.ts";

export type QuotaInputs = {
  /** With the contract's parameters in their places. */
  readonly plan: PlanDocument;
  readonly contract: ContractDocument;
  readonly period: PeriodOfStatement;
  readonly carried: Carry;
  /** The customer's, of the period, of all installations. */
  readonly usage: readonly UsageRow[];
  readonly now: Instant;
};

export type UsageTowardQuota = LineTerms & {
  readonly line: string;
  readonly meter: PlanMeter;
  /** What the quota is for: the period, the UTC day or the hour that holds `now`. */
  readonly per: "period" | "day" | "hour";
  readonly span: Interval;
  /** In the meter's unit; what is left out of the bill or lies in a trial is not in it. */
  readonly used: Decimal;
  /** In percent, rising. */
  readonly thresholds: readonly string[];
};

/** Without a word of the plan, events come at these. */
const thresholdsDefault = ["80", "100"];

/** One for each usage line, in the plan's order. */
export function usageTowardQuotas(inputs: QuotaInputs): UsageTowardQuota[] {
  const { plan, contract, period, now } = inputs;
  const { rows } = billableUsage(plan, contract, inputs.usage);
  const byMeter = Map.groupBy(rows, ({ meter }) => meter);
  return plan.lines.flatMap((line) => {
    const meter =
      line.kind === "usage" ? plan.meters.find(({ name }) => name === line.meter) : undefined;
    if (line.kind !== "usage" || meter === undefined) return [];
    const per = spanKindOf(line);
    const span = counted(spanAt(per, period, now), contract);
    const some = (byMeter.get(meter.name) ?? []).filter(({ window }) => holds(span, window));
    return [
      {
        line: line.id,
        meter,
        per,
        span,
        used: usedOf(some, meter, period),
        thresholds: (line.thresholds ?? thresholdsDefault).toSorted((a, b) =>
          compare(decimal(a), decimal(b)),
        ),
        ...termsOfLine(line, meter, inputs),
      },
    ];
  });
}

/** The thresholds of the quota that are reached, in percent; none without a quota. */
export function thresholdsReached({ ceiling, used, thresholds }: UsageTowardQuota): string[] {
  if (ceiling === null) return [];
  return thresholds.filter((percent) => compare(used, partOf(ceiling, percent, 12)) >= 0);
}

/** So many percent of it, rounded up to `scale` decimals. */
export function partOf(whole: Decimal, percent: string, scale: number): Decimal {
  const hundredth = { numerator: 1n, denominator: 100n };
  const part = multiplyFractions(fractionOf(percent), hundredth);
  return ceilingToScale(multiplyFractions(toFraction(whole), part), scale);
}

function spanKindOf({ included }: UsageLine): UsageTowardQuota["per"] {
  if (typeof included !== "object") return "period";
  switch (included.per) {
    case "day":
      return "day";
    case "instant":
      return "hour";
    case "period":
    case "seat":
      return "period";
  }
}

/** The period, or the UTC day or hour of `now` where it lies in the period. */
export function spanAt(
  per: UsageTowardQuota["per"],
  period: Pick<PeriodOfStatement, "from" | "to">,
  now: Instant,
): Interval {
  const [from, to] = [parseInstant(period.from), parseInstant(period.to)];
  if (per === "period") return { from, to };
  const seconds = per === "day" ? secondsPerDay : secondsPerHour;
  const start = Math.floor(Math.min(Math.max(now, from), to - 1) / seconds) * seconds;
  return { from: Math.max(from, start), to: Math.min(to, start + seconds) };
}

/** What lies in a trial does not count. */
function counted(span: Interval, { trial }: ContractDocument): Interval {
  const isFree = trial?.covers?.includes("usage") ?? true;
  if (trial === undefined || !isFree) return span;
  return { ...span, from: Math.min(Math.max(span.from, parseInstant(trial.to)), span.to) };
}

function holds({ from, to }: Interval, window: string): boolean {
  // Instants in RFC 3339 with Z sort as text.
  return window >= formatInstant(from) && window < formatInstant(to);
}

function usedOf(rows: readonly UsageRow[], meter: PlanMeter, period: PeriodOfStatement): Decimal {
  if (meter.aggregation !== "max") return sum(rows.map(({ quantity }) => decimal(quantity)));
  const sets = Map.groupBy(rows, ({ dimensions }) => dimensionsKey(dimensions));
  return sum([...sets.values()].map((some) => gaugeFigure(some, meter, period)));
}
