/** A person's word on a shutdown that a customer attested: accepted, its hours are excused. */

import { formatInstant, hourFloor } from "@submeter/shared/time/instant";
import { audit } from "../store/audit.ts";
import { bumpStateRevision } from "../store/installations.ts";
import {
  lockShutdown,
  replaceAccepted,
  type ShutdownRow,
  writeShutdownDecision,
} from "../store/shutdowns.ts";
import { ClashError } from "./clash.ts";
import type { Actor, FleetContext } from "./fleet-context.ts";
import { lockInstallation } from "./lock-order.ts";
import { shutdownUnknown } from "./unknown.ts";

/**
 * May be decided the other way later: a mistake has a way back, and closed periods are computed again either way.
 * Throws `shutdown_unknown`, `shutdown_decided` (so already), `shutdown_replaced`.
 */
export async function decideShutdown(
  context: Pick<FleetContext, "database" | "clock" | "onChange">,
  actor: Actor,
  key: { installation: string; id: number },
  { status, reason }: { status: "accepted" | "rejected"; reason: string },
): Promise<ShutdownRow> {
  const now = context.clock.now();
  return context.database.transaction(async (transaction) => {
    await lockInstallation(transaction, key.installation);
    const row = await lockShutdown(transaction, key.installation, key.id);
    if (row === null) throw shutdownUnknown(key.installation, key.id);
    assertDecidable(row, status);
    await writeShutdownDecision(transaction, key, { status, by: actor.name, reason, at: now });
    if (status === "accepted") await replaceAccepted(transaction, row);
    // When billing falls back goes by it, and the agent shows that.
    await bumpStateRevision(transaction, key.installation);
    await context.onChange(transaction, {
      installation: key.installation,
      from: hourFloor(row.from_at),
      reason: `attested shutdown ${status}`,
    });
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: `shutdown.${status}`,
      subject: `shutdown:${key.installation}/${key.id}`,
      reason,
      before: { status: row.status },
      after: {
        status,
        from: formatInstant(row.from_at),
        until: formatInstant(row.until_at),
        attested_by: row.stated_by ?? `the agent of ${key.installation}`,
        attested_at: formatInstant(row.stated_at),
        attested_reason: row.reason,
      },
    });
    return {
      ...row,
      status,
      decided_at: now,
      decided_by: actor.name,
      decision_reason: reason,
    };
  });
}

function assertDecidable(row: ShutdownRow, status: "accepted" | "rejected"): void {
  if (row.status === "replaced") {
    throw new ClashError(
      "shutdown_replaced",
      "the customer has attested something else from the same beginning since",
      "decide on that one: `submeter shutdowns list`",
    );
  }
  if (row.status !== status) return;
  throw new ClashError(
    "shutdown_decided",
    `it is ${status} already`,
    "see who decided and why with `submeter shutdowns list --json`",
  );
}
