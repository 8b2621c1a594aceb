/**
 * The one order in which rows are locked, so that two transactions do not wait for each other in a ring:
 *
 *   customers, by id ─► contract ─► installations, by id ─► journals, shutdowns
 *
 * Whoever changes what an installation's hours were worth begins here. A write of the API that is caught in a ring all
 * the same is run again (http/api/idempotency.ts); so is a close, which takes its customer last (billing/in-snapshot.ts).
 */

import { lockCustomersOf } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { findInstallation, type InstallationRow } from "../store/installations.ts";

/** Everybody whose it ever was, and `also`; then the installation. Null when there is none. */
export async function lockInstallation(
  transaction: Queryable,
  id: string,
  also: readonly string[] = [],
): Promise<InstallationRow | null> {
  await lockCustomersOf(transaction, id, also);
  return findInstallation(transaction, id, true);
}
