/** Adding plans: checked, versioned, and never changed afterwards. */

import { checkPlan } from "@submeter/shared/contracts/check-plan";
import type { PlanDocument } from "@submeter/shared/contracts/plan";
import { canonicalJson } from "@submeter/shared/rating/canonical";
import { audit } from "../store/audit.ts";
import { findPlan, insertPlan, planVersions, type StoredPlan } from "../store/plans.ts";
import type { Actor, BillingContext } from "./billing-context.ts";
import { textDigest } from "./document-bytes.ts";
import { FaultsError, oneFault } from "./faults.ts";

/**
 * The same document again answers what is stored. Throws `plan_faulty` with every fault, among them
 * `plan_version_exists` (another document has this version) and `plan_version_gap`.
 */
export async function addPlan(
  context: BillingContext,
  actor: Actor,
  value: unknown,
): Promise<{ plan: StoredPlan; added: boolean }> {
  const checked = checkPlan(value);
  if (checked.kind === "faults") throw planFaulty(checked.faults);
  const row = storedPlan(checked.plan, context.clock.now(), actor);
  return context.database.transaction(async (db) => {
    const existing = await findPlan(db, row.id, row.version);
    if (existing?.digest === row.digest) return { plan: existing, added: false };
    if (existing !== null) throw versionTaken(row);
    const newest = (await planVersions(db, row.id)).at(-1)?.version ?? 0;
    if (row.version !== newest + 1) throw versionGap(row, newest);
    if (!(await insertPlan(db, row))) throw versionTaken(row);
    await audit(db, {
      at: row.created_at,
      who: actor.name,
      action: "plan.added",
      subject: `plan:${row.id}@${row.version}`,
      after: { digest: row.digest },
    });
    return { plan: row, added: true };
  });
}

function storedPlan(plan: PlanDocument, now: number, actor: Actor): StoredPlan {
  const document = canonicalJson(plan);
  return {
    id: plan.id,
    version: plan.version,
    document,
    digest: textDigest(document),
    created_at: now,
    created_by: actor.name,
  };
}

function planFaulty(faults: ConstructorParameters<typeof FaultsError>[3]): FaultsError {
  return new FaultsError(
    "plan_faulty",
    "the plan contradicts itself or is not written as plans are",
    "correct what `faults` names and add it again (docs/plans.md teaches writing one)",
    faults,
  );
}

function versionTaken({ id, version }: StoredPlan): FaultsError {
  return planFaulty(
    oneFault(
      "/version",
      "plan_version_exists",
      `version ${version} of plan ${id} is another document already, and stays as it is`,
      `write it as a version of its own: the next is ${version + 1} or later`,
    ),
  );
}

function versionGap({ id, version }: StoredPlan, newest: number): FaultsError {
  return planFaulty(
    oneFault(
      "/version",
      "plan_version_gap",
      `the newest version of plan ${id} is ${newest === 0 ? "none" : newest}, so ${version} cannot be next`,
      `write version ${newest + 1}`,
    ),
  );
}
