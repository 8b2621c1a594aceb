/** What a state says a customer may still use, from the contract, its plan and what was recorded of the open period. Pure. */

import type { ContractDocument } from "../contracts/contract.ts";
import { resolvePlan } from "../contracts/resolve-plan.ts";
import type { PlanDocument, UsageLine } from "../contracts/plan.ts";
import { compare, decimal, format } from "../numbers/decimal.ts";
import { greaterFraction, nothing, subtractFractions, toFraction } from "../numbers/fraction.ts";
import type { Carry } from "../rating/carry.ts";
import { fractionText } from "../rating/fraction-text.ts";
import { lotsOf, drawnFrom, purchasesIn } from "../rating/packs.ts";
import { rolledOver } from "../rating/rollover.ts";
import type { PeriodOfStatement, UsageRow } from "../rating/statement-inputs.ts";
import type { Instant } from "../time/instant.ts";
import { formatInstant } from "../time/instant.ts";
import type { EntitlementTerms, Entitlements, MeterEntitlement } from "./entitlements.ts";
import { type LineTerms, termsOfLine } from "./terms-of-line.ts";
import { partOf, type UsageTowardQuota, usageTowardQuotas } from "./usage-toward-quota.ts";

/** Why nothing may be used, whatever the quota; `fixUrl`: where the customer puts it right. */
export type Suspension = {
  readonly since: Instant;
  readonly reason: string;
  readonly fixUrl: string | null;
};

export type OpenPeriod = {
  readonly plan: PlanDocument;
  readonly contract: ContractDocument;
  readonly period: PeriodOfStatement;
  /** The period after it; null where the contract bills none. */
  readonly next: PeriodOfStatement | null;
  readonly carried: Carry;
  /** The customer's, of the period, of all installations. */
  readonly usage: readonly UsageRow[];
};

/** Of one instant with the usage: how far each journal of the installation was recorded. */
export type RecordedTo = {
  readonly asOf: Instant;
  readonly journals: readonly { readonly journal: string; readonly through: number }[];
};

export type EntitlementInputs = {
  readonly now: Instant;
  readonly recorded: RecordedTo;
  /** Null without a contract in force. */
  readonly open: OpenPeriod | null;
  readonly suspended: Suspension | null;
  /** Whether other installations use up the same quotas. */
  readonly shared: boolean;
};

/** How soon the agent asks again: what one installation uses, the others learn of in a state. */
const refreshSeconds = { alone: 21_600, shared: 3600, suspended: 60 } as const;

export function entitlementsOf(inputs: EntitlementInputs): Entitlements {
  const { now, recorded, open, suspended, shared } = inputs;
  const plan = open === null ? null : resolvePlan(open.plan, open.contract);
  const meters = open === null || plan === null ? [] : metersOf({ ...open, plan }, now);
  const isShared =
    shared && meters.some(({ quota, limits }) => quota !== null || limits.length > 0);
  return {
    as_of: formatInstant(recorded.asOf),
    journals: recorded.journals.map(({ journal, through }) => ({ journal, through })),
    period: open === null ? null : { from: open.period.from, to: open.period.to },
    suspended:
      suspended === null
        ? null
        : {
            since: formatInstant(suspended.since),
            reason: suspended.reason,
            fix_url: suspended.fixUrl,
          },
    trial_ends_at: open?.contract.trial?.to ?? null,
    refresh_seconds:
      suspended !== null
        ? refreshSeconds.suspended
        : isShared
          ? refreshSeconds.shared
          : refreshSeconds.alone,
    features: { ...plan?.entitlements },
    meters,
  };
}

function metersOf(open: OpenPeriod, now: Instant): MeterEntitlement[] {
  const { plan, contract } = open;
  return usageTowardQuotas({ ...open, now }).map((use) => {
    const line = plan.lines.find(({ id }) => id === use.line) as UsageLine;
    const { meter, per, span, used } = use;
    return {
      meter: meter.name,
      unit: meter.unit,
      combine: combineOf(use),
      per,
      from: formatInstant(span.from),
      to: formatInstant(span.to),
      used: format(used),
      ...written(use, use),
      overage: use.overage,
      excludes: (line.unbilled ?? []).map(({ dimensions }) => ({ ...dimensions })),
      renews: open.next === null ? null : renewed(line, use, open, open.next, contract),
    };
  });
}

/** How what was counted since joins what was recorded; a mean or a sum of hourly peaks is the collector's to say. */
function combineOf({ meter }: UsageTowardQuota): MeterEntitlement["combine"] {
  if (meter.aggregation !== "max") return "add";
  return (meter.over_period ?? "max") === "max" ? "greatest" : "none";
}

/** What holds in the period after this one, with what would roll over if it ended now. */
function renewed(
  line: UsageLine,
  use: UsageTowardQuota,
  { carried, period }: OpenPeriod,
  next: PeriodOfStatement,
  contract: ContractDocument,
): MeterEntitlement["renews"] {
  const from = Date.parse(next.from) / 1000;
  const terms = termsOfLine(line, use.meter, {
    contract,
    period: next,
    carried: carriedOn(line, use, carried, { contract, period }),
    now: from,
  });
  return { to: next.to, ...written(terms, use) };
}

function carriedOn(
  line: UsageLine,
  { used, quota, per, meter }: UsageTowardQuota,
  carried: Carry,
  of: { readonly contract: ContractDocument; readonly period: PeriodOfStatement },
): Carry {
  if (quota === null || per !== "period" || line.convert !== undefined) return {};
  const lots = lotsOf(line, carried, purchasesIn(line, of.contract, of.period));
  const bare = termsOfLine(line, meter, {
    contract: { ...of.contract, packs: [] },
    period: of.period,
    carried: { ...carried, packs: [] },
    now: 0,
  });
  const granted = toFraction(bare.quota ?? decimal("0"));
  const beyond = greaterFraction(subtractFractions(toFraction(used), granted), nothing);
  const left = greaterFraction(subtractFractions(granted, toFraction(used)), nothing);
  return {
    packs: drawnFrom(lots, beyond).lots.map((lot) => ({
      id: lot.id,
      line: line.id,
      left: fractionText(lot.left),
    })),
    ...(line.rollover === undefined
      ? {}
      : { rollover: { [line.id]: fractionText(rolledOver(left, line.rollover)) } }),
  };
}

function written(terms: LineTerms, use: UsageTowardQuota): EntitlementTerms {
  const { ceiling } = terms;
  const warnAt = use.thresholds.findLast((percent) => compare(decimal(percent), hundred) < 0);
  return {
    quota: terms.quota === null ? null : format(terms.quota),
    warn_at:
      ceiling === null || warnAt === undefined
        ? null
        : format(partOf(ceiling, warnAt, use.meter.scale)),
    limits: terms.limits.map((limit) => ({ ...limit, at: format(limit.at) })),
  };
}

const hundred = decimal("100");
