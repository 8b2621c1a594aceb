/**
 * Suspending an installation acts through entitlements alone: the product is told that it may not be used. What the agent
 * still owes is recorded, answered and billed like any other report, so that nobody loses a count over a late payment.
 */

import { formatInstant } from "@submeter/shared/time/instant";
import { audit } from "../store/audit.ts";
import type { Queryable } from "../store/database.ts";
import { bumpStateRevision, findInstallation } from "../store/installations.ts";
import { endSuspension, insertSuspension, runningSuspensions } from "../store/suspensions.ts";
import { ClashError } from "./clash.ts";
import type { Actor, FleetContext } from "./fleet-context.ts";
import { installationUnknown } from "./unknown.ts";

/** What entitlements are computed with. */
export async function isSuspended(database: Queryable, installation: string): Promise<boolean> {
  return (await runningSuspensions(database, [installation])).length > 0;
}

/** From now on. Throws `installation_unknown`, `installation_suspended`. */
export async function suspend(
  context: FleetContext,
  actor: Actor,
  o: { installation: string; reason: string },
): Promise<void> {
  const { installation, reason } = o;
  const now = context.clock.now();
  await context.database.transaction(async (transaction) => {
    await lock(transaction, installation);
    const [running] = await runningSuspensions(transaction, [installation]);
    if (running !== undefined) {
      throw new ClashError(
        "installation_suspended",
        `${installation} is suspended since ${formatInstant(running.from_at)}: ${running.reason}`,
        "resume it with `submeter installations resume`",
      );
    }
    await insertSuspension(transaction, { installation, from: now, reason, by: actor.name });
    await bumpStateRevision(transaction, installation);
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: "installation.suspended",
      subject: `installation:${installation}`,
      reason,
      before: { suspended: false },
      after: { suspended: true, from: formatInstant(now) },
    });
  });
}

/** From now on. Throws `installation_unknown`, `installation_not_suspended`. */
export async function resume(
  context: FleetContext,
  actor: Actor,
  o: { installation: string; reason: string },
): Promise<void> {
  const { installation, reason } = o;
  const now = context.clock.now();
  await context.database.transaction(async (transaction) => {
    await lock(transaction, installation);
    const [running] = await runningSuspensions(transaction, [installation]);
    if (running === undefined) {
      throw new ClashError(
        "installation_not_suspended",
        `${installation} is not suspended`,
        "see what holds for it with `submeter installations show`",
      );
    }
    await endSuspension(transaction, { installation, at: now, reason, by: actor.name });
    await bumpStateRevision(transaction, installation);
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: "installation.resumed",
      subject: `installation:${installation}`,
      reason,
      before: { suspended: true, from: formatInstant(running.from_at) },
      after: { suspended: false },
    });
  });
}

async function lock(transaction: Queryable, id: string): Promise<void> {
  if ((await findInstallation(transaction, id, true)) === null) throw installationUnknown(id);
}
