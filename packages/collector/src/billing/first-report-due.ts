/** When the silence of an installation that has never reported begins to count, by its customer's contract. */

import { contractTerms, firstReportBy } from "@submeter/shared/contracts/contract-terms";
import type { Instant } from "@submeter/shared/time/instant";
import { contractsInForce } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { assignmentsOf } from "../store/installations.ts";
import { type Agreement, latestVersion } from "./agreement.ts";
import { readAgreement } from "./read-agreement.ts";
import type { ReadContract } from "./report-due.ts";

/** The instant at which the minimum starts, by installation; one without a contract is absent. */
export async function firstReportDue(
  db: Queryable,
  installations: readonly string[],
  at: Instant,
  read: ReadContract = (id) => readAgreement(db, id),
): Promise<Map<string, Instant>> {
  const due = new Map<string, Instant>();
  const agreements = new Map<string, Agreement | null>();
  const assigned = new Map<string, Instant>();
  for (const row of (await assignmentsOf(db, installations)).toReversed()) {
    if (row.subject === "") assigned.set(row.installation_id, row.from_at);
  }
  for (const { installation_id: installation, id } of await contractsInForce(
    db,
    installations,
    at,
  )) {
    const from = assigned.get(installation);
    if (from === undefined || due.has(installation)) continue;
    const agreement = agreements.get(id) ?? (await read(id));
    agreements.set(id, agreement);
    if (agreement === null) continue;
    const { contract } = latestVersion(agreement);
    due.set(installation, firstReportBy(contract, from) + contractTerms(contract).reportDueSeconds);
  }
  return due;
}
