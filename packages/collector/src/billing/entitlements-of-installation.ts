/**
 * What a state tells an installation of its contract:
 *
 *   contract in force ─► period that runs ─► usage recorded, what is carried ─► entitlements, and the plan where prices show
 */

import { resolvePlan } from "@submeter/shared/contracts/resolve-plan";
import type { Entitlements } from "@submeter/shared/entitlements/entitlements";
import {
  entitlementsOf,
  type OpenPeriod,
  type Suspension,
} from "@submeter/shared/entitlements/entitlements-of";
import type { PlanOfState } from "@submeter/shared/entitlements/plan-of-state";
import { recordedUsage } from "@submeter/shared/entitlements/recorded-usage";
import type { UsageRow } from "@submeter/shared/rating/statement-inputs";
import {
  formatInstant,
  hourFloor,
  parseInstant,
  secondsPerDay,
  type Instant,
} from "@submeter/shared/time/instant";
import type { Dimensions } from "@submeter/shared/wire/dimensions";
import { contractsInForce } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import type { UsageRowStored } from "../store/evidence.ts";
import { runningSuspensions } from "../store/suspensions.ts";
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

export type TermsOfInstallation = {
  readonly entitlements: Entitlements;
  /** Null without a contract in force. */
  readonly plan: PlanOfState | null;
};

export type TermsQuestion = {
  readonly installation: string;
  readonly now: Instant;
  /** Where a suspended customer puts it right; null where the vendor names no place. */
  readonly fixUrl: string | null;
};

/** `db`: one repeatable-read transaction, so that `used` is of the same instant as the journals' `through`. */
export async function termsOfInstallation(
  db: Queryable,
  { installation, now, fixUrl }: TermsQuestion,
): Promise<TermsOfInstallation> {
  const suspended = await suspensionOf(db, installation, fixUrl);
  const running = await runningPeriod(db, installation, now);
  if (running === null) {
    return {
      entitlements: entitlementsOf({ now, open: null, suspended, shared: false }),
      plan: null,
    };
  }
  const { open, installations } = running;
  return {
    entitlements: entitlementsOf({ now, open, suspended, shared: installations.length > 1 }),
    plan: planOf(open),
  };
}

async function suspensionOf(
  db: Queryable,
  installation: string,
  fixUrl: string | null,
): Promise<Suspension | null> {
  const [running] = await runningSuspensions(db, [installation]);
  return running === undefined ? null : { since: running.from_at, reason: running.reason, fixUrl };
}

/** The customer's period that runs, and what was recorded of it; null without a contract that bills at `now`. */
export async function runningPeriod(
  db: Queryable,
  installation: string,
  now: Instant,
): Promise<{ open: OpenPeriod; installations: readonly string[] } | null> {
  for (const { id } of await contractsInForce(db, [installation], now)) {
    const agreement = await readAgreement(db, id);
    const anchor = (await anchorOf(db, agreement)) ?? anchorToCome(agreement, now);
    const period = periodHolding(agreement, anchor, now);
    if (period === null) continue;
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
  return null;
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

/** Prices only where the contract, or else its plan, lets an administrator of the customer see them. */
function planOf({ plan, contract, period, carried, usage }: OpenPeriod): PlanOfState {
  const { id, version, currency } = plan;
  const shown = (contract.show_prices ?? plan.show_prices ?? "never") === "admin";
  const resolved = resolvePlan(plan, contract);
  return {
    id,
    version,
    description: plan.description ?? null,
    currency,
    prices: shown
      ? { plan, contract, period, carried, usage: recordedUsage(usage, resolved, period) }
      : null,
  };
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
