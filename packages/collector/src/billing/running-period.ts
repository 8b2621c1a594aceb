/** The period of a contract that runs, with what was recorded of it: what entitlements and thresholds are computed from. */

import type { OpenPeriod } from "@submeter/shared/entitlements/entitlements-of";
import { billableUsage } from "@submeter/shared/rating/billable-usage";
import type { UsageAdjustment, UsageRow } from "@submeter/shared/rating/statement-inputs";
import { adjustedUsage } from "@submeter/shared/rating/usage-adjustments";
import {
  formatInstant,
  hourFloor,
  parseInstant,
  secondsPerDay,
  type Instant,
  type Interval,
} from "@submeter/shared/time/instant";
import type { Period } from "@submeter/shared/time/period";
import type { Dimensions } from "@submeter/shared/wire/dimensions";
import type { Queryable } from "../store/database.ts";
import type { UsageRowStored } from "../store/evidence.ts";
import { journalsOf } from "../store/journals.ts";
import { usageByDay } from "../store/usage-by-day.ts";
import {
  type Agreement,
  latestVersion,
  periodHolding,
  periodStarting,
  versionFor,
} from "./agreement.ts";
import { carriedInto } from "./carried-into.ts";
import { type KnownPeriods, readEachTime } from "./known-periods.ts";
import { anchorOf } from "./open-period.ts";
import { readAgreement } from "./read-agreement.ts";
import { assignedIn, periodOf } from "./snapshot.ts";
import { adjustmentsForRating } from "./usage-adjustments.ts";

export type RunningPeriod = {
  readonly open: OpenPeriod;
  readonly installations: readonly string[];
  readonly recorded: RecordedPeriod;
};

/** What of a period was recorded, all of one instant. */
export type RecordedPeriod = {
  readonly asOf: Instant;
  readonly usage: readonly UsageRow[];
  /** How far each journal had come. */
  readonly journals: readonly {
    readonly installation: string;
    readonly journal: string;
    readonly through: number;
  }[];
};

/** The contract's period that runs, and what was recorded of it; null where it bills nothing at `now`. */
export async function runningPeriodOf(
  db: Queryable,
  contractId: string,
  now: Instant,
  known: KnownPeriods = readEachTime,
): Promise<RunningPeriod | null> {
  const agreement = await readAgreement(db, contractId);
  const anchor = (await anchorOf(db, agreement)) ?? anchorToCome(agreement, now);
  const period = periodHolding(agreement, anchor, now);
  if (period === null) return null;
  const next = periodStarting(agreement, anchor, period.to)?.period ?? null;
  const { contract, plan, version } = versionFor(agreement, period.from);
  const { installations } = await assignedIn(db, agreement, period);
  const name = `${contractId} ${version} ${period.from}`;
  const recorded = await known.recorded({ name, installations, now }, () =>
    readRecorded(db, { agreement, period, installations, now }),
  );
  return {
    open: {
      plan,
      contract,
      period: periodOf(period),
      next: next === null ? null : periodOf(next),
      carried: await carriedInto(db, agreement, period, now),
      usage: recorded.usage,
    },
    installations,
    recorded,
  };
}

async function readRecorded(
  db: Queryable,
  of: {
    readonly agreement: Agreement;
    readonly period: Period;
    readonly installations: readonly string[];
    readonly now: Instant;
  },
): Promise<RecordedPeriod> {
  const { agreement, period, installations, now } = of;
  const { plan, contract } = versionFor(agreement, period.from);
  const { adjustments = [] } = await adjustmentsForRating(db, agreement.customer, period);
  const rows = await usageByDay(db, {
    customer: agreement.customer,
    installations,
    period,
    hourlyDays: [...hourlyDays(agreement, period.from, now), ...daysOf(adjustments, period)],
    hourlyMeters: plan.meters.flatMap(({ name, aggregation }) =>
      aggregation === "max" ? [name] : [],
    ),
  });
  const journals = await journalsOf(db, installations);
  const usage = rows.map(usageRow);
  return {
    asOf: now,
    // What was adjusted is used as it is billed.
    usage:
      adjustments.length === 0
        ? usage
        : adjustedUsage({ usage, adjustments, period: periodOf(period) }, (some) =>
            billableUsage(plan, contract, some),
          ).rows,
    journals: journals.map(({ installation_id: installation, journal, through }) => ({
      installation,
      journal,
      through,
    })),
  };
}

/** Where the first usage begins the cycle and there is none yet, a period would begin now. */
function anchorToCome(agreement: Agreement, now: Instant): Instant | null {
  const { cycle } = latestVersion(agreement).contract;
  return cycle.every !== "month" && cycle.anchor === "first_usage" ? hourFloor(now) : null;
}

/** Today, and the days in which a trial ends or overage begins to be paid. */
function hourlyDays(agreement: Agreement, from: Instant, now: Instant): Instant[] {
  const { contract } = versionFor(agreement, from);
  const turns = [contract.trial?.to, ...(contract.overage ?? []).map((one) => one.from)];
  const instants = [
    now,
    ...turns.flatMap((text) => (text === undefined ? [] : parseInstant(text))),
  ];
  return instants.map((instant) => Math.floor(instant / secondsPerDay) * secondsPerDay);
}

/** Adjustments are taken from the hours that they name. */
function daysOf(adjustments: readonly UsageAdjustment[], period: Interval): Instant[] {
  return adjustments.flatMap(({ from, to }) => {
    const first = Math.floor(Math.max(parseInstant(from), period.from) / secondsPerDay);
    const end = Math.ceil(Math.min(parseInstant(to), period.to) / secondsPerDay);
    return Array.from({ length: Math.max(0, end - first) }, (_, n) => (first + n) * secondsPerDay);
  });
}

function usageRow(row: UsageRowStored): UsageRow {
  return {
    installation: row.installation_id,
    journal: row.journal,
    window: formatInstant(row.window_start),
    meter: row.meter,
    dimensions: JSON.parse(row.dimensions) as Dimensions,
    quantity: row.quantity,
  };
}
