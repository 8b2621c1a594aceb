/** Suspensions: by whom, since when, why, and until when. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type SuspensionRow = {
  installation_id: string;
  from_at: Instant;
  to_at: Instant | null;
  reason: string;
  suspended_by: string;
};

/** Those that run, of one installation or of many. */
export async function runningSuspensions(
  database: Queryable,
  installations: readonly string[],
): Promise<SuspensionRow[]> {
  return database.query<SuspensionRow>(
    `select installation_id, from_at, to_at, reason, suspended_by from suspensions
      where installation_id = any($1) and to_at is null`,
    [installations],
  );
}

export async function insertSuspension(
  transaction: Queryable,
  o: { installation: string; from: Instant; reason: string; by: string },
): Promise<void> {
  // Suspended, resumed and suspended again within one second is one suspension that goes on.
  await transaction.query(
    `insert into suspensions as s (installation_id, from_at, reason, suspended_by)
     values ($1, to_timestamp($2), $3, $4)
     on conflict (installation_id, from_at) do update
       set reason = excluded.reason, suspended_by = excluded.suspended_by,
           to_at = null, resumed_by = null, resume_reason = null`,
    [o.installation, o.from, o.reason, o.by],
  );
}

export async function endSuspension(
  transaction: Queryable,
  o: { installation: string; at: Instant; reason: string; by: string },
): Promise<void> {
  await transaction.query(
    `update suspensions set to_at = greatest(from_at, to_timestamp($2)), resumed_by = $4, resume_reason = $3
      where installation_id = $1 and to_at is null`,
    [o.installation, o.at, o.reason, o.by],
  );
}
