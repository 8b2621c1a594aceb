/** When the silence of an installation that has never reported begins to count, by its customer's contract. */

import { contractTerms, firstReportBy } from "@submeter/shared/contracts/contract-terms";
import type { Instant } from "@submeter/shared/time/instant";
import { contractsInForce } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { assignmentsOf } from "../store/installations.ts";
import { latestVersion } from "./agreement.ts";
import { readAgreement } from "./read-agreement.ts";

/** The instant at which the minimum starts, by installation; one without a contract is absent. */
export async function firstReportDue(
  db: Queryable,
  installations: readonly string[],
  at: Instant,
): Promise<Map<string, Instant>> {
  const due = new Map<string, Instant>();
  const assignments = await assignmentsOf(db, installations);
  for (const { installation_id: installation, id } of await contractsInForce(
    db,
    installations,
    at,
  )) {
    const { contract } = latestVersion(await readAgreement(db, id));
    const assigned = assignments.find(
      (a) => a.installation_id === installation && a.subject === "",
    );
    if (assigned === undefined || due.has(installation)) continue;
    const { reportDueSeconds } = contractTerms(contract);
    due.set(installation, firstReportBy(contract, assigned.from_at) + reportDueSeconds);
  }
  return due;
}
