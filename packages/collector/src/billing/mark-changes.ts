/** Turns whatever may change a closed period into marks: late and decided reports, and changes of the fleet. */

import type { Instant } from "@submeter/shared/time/instant";
import type { FleetChange } from "../fleet/fleet-context.ts";
import { lockCustomersOf } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { markFleetStateStale } from "../store/fleet-states.ts";
import { contractsOfInstallation, markTouched } from "../store/touches.ts";
import { markPeriods } from "../store/periods.ts";

export async function markTouchedPeriods(db: Queryable, now: Instant): Promise<number> {
  return markTouched(db, { reason: lateReports, at: now });
}

/** For the transaction that dates a retirement, an assignment or a decision: what lies after it is computed again. */
export async function markFleetChange(
  db: Queryable,
  change: FleetChange,
  now: Instant,
): Promise<void> {
  await markFleetStateStale(db, change.installation);
  await lockCustomersOf(db, change.installation);
  for (const contract of await contractsOfInstallation(db, change.installation)) {
    await markPeriods(db, {
      contract,
      scopes: ["period"],
      from: change.from,
      to: null,
      reason: change.reason,
      at: now,
    });
  }
}

export const lateReports = "reports recorded or decided after the close";

/** Left by each close for what was recorded while it ran. */
export const justClosed = "looked at once more after the close";

/** Reasons that a cut can disprove; after any other a period is computed again whatever its cut says. */
export function isDisprovable(reason: string): boolean {
  return reason === lateReports || reason === justClosed;
}
