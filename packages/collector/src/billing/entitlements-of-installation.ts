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
import type { Instant } from "@submeter/shared/time/instant";
import { contractsInForce } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { runningSuspensions } from "../store/suspensions.ts";
import type { KnownPeriods } from "./known-periods.ts";
import { type RunningPeriod, runningPeriodOf } from "./running-period.ts";

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
  readonly known: KnownPeriods;
};

/** `db`: one repeatable-read transaction, so that `used` is of the same instant as the journals' `through`. */
export async function termsOfInstallation(
  db: Queryable,
  { installation, now, fixUrl, known }: TermsQuestion,
): Promise<TermsOfInstallation> {
  const suspended = await suspensionOf(db, installation, fixUrl);
  const running = await runningPeriod(db, installation, now, known);
  if (running === null) {
    const recorded = { asOf: now, journals: [] };
    return {
      entitlements: entitlementsOf({ now, recorded, open: null, suspended, shared: false }),
      plan: null,
    };
  }
  const { open, installations, recorded } = running;
  const own = recorded.journals.filter((one) => one.installation === installation);
  return {
    entitlements: entitlementsOf({
      now,
      recorded: { asOf: recorded.asOf, journals: own },
      open,
      suspended,
      shared: installations.length > 1,
    }),
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
async function runningPeriod(
  db: Queryable,
  installation: string,
  now: Instant,
  known: KnownPeriods,
): Promise<RunningPeriod | null> {
  for (const { id } of await contractsInForce(db, [installation], now)) {
    const running = await runningPeriodOf(db, id, now, known);
    if (running !== null) return running;
  }
  return null;
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
