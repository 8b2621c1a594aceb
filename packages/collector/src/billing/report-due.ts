/** How old the newest proven hour of an installation may be, by the contract that its customer has at an instant. */

import { contractTerms } from "@submeter/shared/contracts/contract-terms";
import type { Instant } from "@submeter/shared/time/instant";
import { contractsInForce } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { type Agreement, latestVersion } from "./agreement.ts";
import { readAgreement } from "./read-agreement.ts";

/** Null where it cannot be read and that is no reason to know nothing of the others. */
export type ReadContract = (id: string) => Promise<Agreement | null>;

/** Seconds by installation; one without a running contract is absent. */
export async function reportDueSeconds(
  db: Queryable,
  installations: readonly string[],
  at: Instant,
  read: ReadContract = (id) => readAgreement(db, id),
): Promise<Map<string, number>> {
  const due = new Map<string, number>();
  const agreements = new Map<string, Agreement | null>();
  for (const { installation_id: installation, id } of await contractsInForce(
    db,
    installations,
    at,
  )) {
    const agreement = agreements.get(id) ?? (await read(id));
    agreements.set(id, agreement);
    if (agreement === null) continue;
    const runs = agreement.runsTo === null || at < agreement.runsTo;
    if (!runs || due.has(installation)) continue;
    due.set(installation, contractTerms(latestVersion(agreement).contract).reportDueSeconds);
  }
  return due;
}
