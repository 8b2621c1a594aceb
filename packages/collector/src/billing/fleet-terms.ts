/**
 * What contracts say of an installation's silence: how much of it there may be, and from when it counts. A contract that
 * cannot be read costs its own installations their terms, and no other one's.
 */

import { contractTerms } from "@submeter/shared/contracts/contract-terms";
import type { FleetTerms } from "../fleet/refresh-states.ts";
import { contractsInForce } from "../store/contracts.ts";
import { isTransient, isUnavailable, type Queryable } from "../store/database.ts";
import { type Agreement, latestVersion } from "./agreement.ts";
import { firstReportDue } from "./first-report-due.ts";
import { readAgreement } from "./read-agreement.ts";
import { reportDueSeconds } from "./report-due.ts";

export const fleetTerms: FleetTerms = async (db, installations, now) => {
  const unreadable = new Set<string>();
  const read = eachOnce(db, unreadable);
  const terms = {
    reportDueSeconds: await reportDueSeconds(db, installations, now, read),
    firstReportDue: await firstReportDue(db, installations, now, read),
  };
  if (unreadable.size === 0) return { ...terms, unreadable: new Map() };
  const inForce = await contractsInForce(db, installations, now);
  const named = inForce.filter(({ id }) => unreadable.has(id));
  return { ...terms, unreadable: new Map(named.map((row) => [row.installation_id, row.id])) };
};

/** Null for one that cannot be read, which is noted. */
function eachOnce(db: Queryable, unreadable: Set<string>) {
  const known = new Map<string, Agreement | null>();
  return async (id: string): Promise<Agreement | null> => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const agreement = await readable(db, id).catch((error: unknown) => {
      // Not the contract's doing: nothing more could be read in this transaction.
      if (isUnavailable(error) || isTransient(error)) throw error;
      return null;
    });
    if (agreement === null) unreadable.add(id);
    known.set(id, agreement);
    return agreement;
  };
}

async function readable(db: Queryable, id: string): Promise<Agreement> {
  const agreement = await readAgreement(db, id);
  contractTerms(latestVersion(agreement).contract);
  return agreement;
}
