/** Turns whatever may change a closed period into marks: late and decided reports, and changes of the fleet. */

import type { Instant } from "@submeter/shared/time/instant";
import type { FleetChange } from "../fleet/fleet-context.ts";
import type { Queryable } from "../store/database.ts";
import { contractsOfInstallation, saveTouchCursors, touchedSince } from "../store/evidence.ts";
import { markPeriods } from "../store/periods.ts";

/** A mark is a hint; whether the period changed is decided by its cut. Call it in one transaction of its own. */
export async function markTouchedPeriods(db: Queryable, now: Instant): Promise<number> {
  const touched = await touchedSince(db);
  let marks = 0;
  for (const row of touched) {
    if (row.touched_from === null || row.touched_to === null) continue;
    for (const contract of await contractsOfInstallation(db, row.installation_id)) {
      const periods = await markPeriods(db, {
        contract,
        scopes: ["period"],
        from: row.touched_from,
        to: row.touched_to,
        reason: lateReports,
        at: now,
      });
      marks += periods.length;
    }
  }
  if (touched.length > 0) await saveTouchCursors(db, touched);
  return marks;
}

/** For the transaction that dates a retirement, an assignment or a decision: what lies after it is computed again. */
export async function markFleetChange(
  db: Queryable,
  change: FleetChange,
  now: Instant,
): Promise<void> {
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
