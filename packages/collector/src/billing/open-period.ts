/** Which period of a contract is the next to be closed, and the hour that its cycle is counted from. */

import { termOf } from "@submeter/shared/contracts/contract-terms";
import type { Instant } from "@submeter/shared/time/instant";
import type { Period } from "@submeter/shared/time/period";
import type { Queryable } from "../store/database.ts";
import { firstUsageOf } from "../store/evidence.ts";
import { closedPeriods } from "../store/periods.ts";
import { type Agreement, latestVersion, periodsOf } from "./agreement.ts";

/**
 * The start of the hour of the first usage, where the cycle is counted from it: frozen by the first close, null while
 * there is none. Always null for another cycle.
 */
export async function anchorOf(db: Queryable, agreement: Agreement): Promise<Instant | null> {
  const { contract } = latestVersion(agreement);
  if (contract.cycle.every === "month" || contract.cycle.anchor !== "first_usage") return null;
  const closed = await closedPeriods(db, agreement.id);
  return (
    closed.find((period) => period.anchor !== null)?.anchor ??
    (await firstUsageOf(db, agreement.customer, termOf(contract).from))
  );
}

/** The earliest period that is not closed, with the one after it; null when none is left or none has begun to be. */
export async function openPeriod(
  db: Queryable,
  agreement: Agreement,
): Promise<{ period: Period; next: Period | null; anchor: Instant | null } | null> {
  const anchor = await anchorOf(db, agreement);
  const closed = new Set(
    (await closedPeriods(db, agreement.id))
      .filter(({ scope }) => scope === "period")
      .map(({ period_from }) => period_from),
  );
  const last = Math.max(...closed, -Infinity);
  const periods = periodsOf(agreement, anchor);
  for (let at = periods.next(); !at.done; at = periods.next()) {
    if (at.value.from <= last) continue;
    const next = periods.next();
    return { period: at.value, next: next.done ? null : next.value, anchor };
  }
  return null;
}
