/** How old the newest proven hour of an installation may be, by the contract that its customer has at an instant. */

import { contractTerms } from "@submeter/shared/contracts/contract-terms";
import type { Instant } from "@submeter/shared/time/instant";
import { contractsInForce } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { type Agreement, latestVersion } from "./agreement.ts";
import { readAgreement } from "./read-agreement.ts";

/** Seconds by installation; one without a running contract is absent. */
export async function reportDueSeconds(
  db: Queryable,
  installations: readonly string[],
  at: Instant,
): Promise<Map<string, number>> {
  const due = new Map<string, number>();
  const agreements = new Map<string, Agreement>();
  for (const { installation_id: installation, id } of await contractsInForce(
    db,
    installations,
    at,
  )) {
    const agreement = agreements.get(id) ?? (await readAgreement(db, id));
    agreements.set(id, agreement);
    const runs = agreement.runsTo === null || at < agreement.runsTo;
    if (!runs || due.has(installation)) continue;
    due.set(installation, contractTerms(latestVersion(agreement).contract).reportDueSeconds);
  }
  return due;
}
