/** Offering a plan: customers may then see and compare it, whatever their own contract. */

import { audit } from "../store/audit.ts";
import { offeredAmong, planVersions, setOffered } from "../store/plans.ts";
import type { Actor, BillingContext } from "./billing-context.ts";
import { planUnknown } from "./unknown.ts";

/** Throws `plan_unknown`. */
export async function offerPlan(
  { database, clock }: BillingContext,
  actor: Actor,
  o: { id: string; offered: boolean },
): Promise<void> {
  const now = clock.now();
  await database.transaction(async (transaction) => {
    if ((await planVersions(transaction, o.id)).length === 0) throw planUnknown(o.id);
    const before = (await offeredAmong(transaction, [o.id])).has(o.id);
    if (before === o.offered) return;
    await setOffered(transaction, o.id, { offered: o.offered, by: actor.name, now });
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: o.offered ? "plan.offered" : "plan.withdrawn",
      subject: `plan:${o.id}`,
      before: { offered: before },
      after: { offered: o.offered },
    });
  });
}
