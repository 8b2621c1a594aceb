/** The whole audit log, for tests, chained to its end. */

import type { ChainedEntry } from "@submeter/shared/evidence/audit-chain";
import { chainAfter, chainEntries } from "./audit-log.ts";
import type { Queryable } from "./database.ts";

export async function entriesOf(database: Queryable): Promise<ChainedEntry[]> {
  await chainEntries(database);
  return chainAfter(database, { after: 0, limit: 100_000 });
}
