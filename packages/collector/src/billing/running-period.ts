/** The period of a contract that runs, with what was recorded of it: what entitlements and thresholds are computed from. */

import type { OpenPeriod } from "@submeter/shared/entitlements/entitlements-of";
import type { UsageRow } from "@submeter/shared/rating/statement-inputs";
import {
  formatInstant,
  hourFloor,
  parseInstant,
  secondsPerDay,
  type Instant,
} from "@submeter/shared/time/instant";
import type { Dimensions } from "@submeter/shared/wire/dimensions";
import type { Queryable } from "../store/database.ts";
import type { UsageRowStored } from "../store/evidence.ts";
import { usageByDay } from "../store/usage-by-day.ts";
import {
  type Agreement,
  latestVersion,
  periodHolding,
  periodStarting,
  versionFor,
} from "./agreement.ts";
import { carriedInto } from "./carried-into.ts";
import { anchorOf } from "./open-period.ts";
import { readAgreement } from "./read-agreement.ts";
import { assignedIn, periodOf } from "./snapshot.ts";

export type RunningPeriod = { open: OpenPeriod; installations: readonly string[] };

/** The contract's period that runs, and what was recorded of it; null where it bills nothing at `now`. */
export async function runningPeriodOf(
  db: Queryable,
  contractId: string,
  now: Instant,
): Promise<RunningPeriod | null> {
  const agreement = await readAgreement(db, contractId);
  const anchor = (await anchorOf(db, agreement)) ?? anchorToCome(agreement, now);
  const period = periodHolding(agreement, anchor, now);
  if (period === null) return null;
  const next = periodStarting(agreement, anchor, period.to)?.period ?? null;
  const { contract, plan } = versionFor(agreement, period.from);
  const { installations } = await assignedIn(db, agreement, period);
  const rows = await usageByDay(db, {
    customer: agreement.customer,
    installations,
    period,
    hourlyDays: hourlyDays(agreement, period.from, now),
    hourlyMeters: plan.meters.flatMap(({ name, aggregation }) =>
      aggregation === "max" ? [name] : [],
    ),
  });
  return {
    open: {
      plan,
      contract,
      period: periodOf(period),
      next: next === null ? null : periodOf(next),
      carried: await carriedInto(db, agreement, period, now),
      usage: rows.map(usageRow),
    },
    installations,
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
