/** Reads a contract with its versions and plans from the store. */

import type { ContractDocument } from "@submeter/shared/contracts/contract";
import type { PlanDocument } from "@submeter/shared/contracts/plan";
import type { Instant } from "@submeter/shared/time/instant";
import { contractVersions, listContracts } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { findPlan } from "../store/plans.ts";
import { type Agreement, type ContractVersion, runsTo } from "./agreement.ts";
import { contractUnknown } from "./unknown.ts";

/** Throws `contract_unknown`. */
export async function readAgreement(db: Queryable, id: string): Promise<Agreement> {
  const rows = await contractVersions(db, id);
  const latest = rows.at(-1);
  if (latest === undefined) throw contractUnknown(id);
  const versions: ContractVersion[] = [];
  for (const row of rows) {
    const plan = await findPlan(db, row.plan_id, row.plan_version);
    if (plan === null) throw new RangeError(`the plan of contract ${id} is gone`);
    versions.push({
      version: row.version,
      effectiveFrom: row.effective_from,
      contract: JSON.parse(row.document) as ContractDocument,
      plan: JSON.parse(plan.document) as PlanDocument,
    });
  }
  const contract = JSON.parse(latest.document) as ContractDocument;
  return {
    id,
    customer: latest.customer_id,
    versions,
    runsTo: runsTo(contract, await nextContractFrom(db, latest)),
  };
}

/** Where the customer's next contract begins. */
async function nextContractFrom(
  db: Queryable,
  row: { id: string; customer_id: string; term_from: Instant },
): Promise<Instant | null> {
  const all = await listContracts(db, { customer: row.customer_id, after: "", limit: 10_000 });
  const later = all
    .filter((other) => other.id !== row.id && other.term_from > row.term_from)
    .map((other) => other.term_from);
  return later.length === 0 ? null : Math.min(...later);
}
