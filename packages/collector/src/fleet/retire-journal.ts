/** Retiring a journal that will never be heard of again: dated, with a reason, by a person. */

import { formatInstant, hourFloor, type Instant } from "@submeter/shared/time/instant";
import { audit } from "../store/audit.ts";
import { bumpStateRevision } from "../store/installations.ts";
import { findJournal, type JournalKey, type JournalRow, retireJournal } from "../store/journals.ts";
import type { Actor, FleetContext } from "./fleet-context.ts";
import { earliestRetirement } from "./installations.ts";
import { lockInstallation } from "./lock-order.ts";
import { journalUnknown } from "./unknown.ts";

/**
 * From `at` on it is not expected any more; what it counted before stays. Null takes it back. Throws `journal_unknown`,
 * `not_retired`.
 */
export async function retireJournalAt(
  context: FleetContext,
  actor: Actor,
  key: JournalKey,
  o: { at: Instant | null; reason: string },
): Promise<JournalRow> {
  const at = o.at === null ? null : hourFloor(o.at);
  return context.database.transaction(async (transaction) => {
    await lockInstallation(transaction, key.installation);
    const before = await findJournal(transaction, key);
    if (before === null) throw journalUnknown(key.installation, key.journal);
    await retireJournal(transaction, key, at, o.reason);
    // What the installation has proven, and when billing falls back, go by the journals that are left.
    await bumpStateRevision(transaction, key.installation);
    const from = earliestRetirement(at, before.retired_at, `journal ${key.journal}`);
    const { installation } = key;
    const reason = at === null ? "journal reinstated" : "journal retired";
    await context.onChange(transaction, { installation, from, reason });
    await audit(transaction, {
      at: context.clock.now(),
      who: actor.name,
      action: at === null ? "journal.reinstated" : "journal.retired",
      subject: `journal:${installation}/${key.journal}`,
      reason: o.reason,
      before: { retired_at: before.retired_at && formatInstant(before.retired_at) },
      after: { retired_at: at && formatInstant(at) },
    });
    return { ...before, retired_at: at, retired_reason: at === null ? null : o.reason };
  });
}
