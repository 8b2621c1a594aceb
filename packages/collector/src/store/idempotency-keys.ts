/** Writes under a key: who claimed it for which request, and what was answered. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type KeyName = { caller: string; operation: string; key: string };

export type ClaimedKey = {
  request_digest: Buffer;
  /** Null while it is under way. */
  status: number | null;
  answer: string | null;
  shown_once: boolean;
};

/**
 * True when the key is now ours: it was free, had expired, or was claimed before `abandonedBefore` and never answered.
 * Waits for another transaction that claims the same key.
 */
export async function claimKey(
  database: Queryable,
  name: KeyName,
  claim: { digest: Buffer; now: Instant; expiresAt: Instant; abandonedBefore: Instant },
): Promise<boolean> {
  const rows = await database.query(
    `insert into idempotency_keys as k (caller, operation, key, request_digest, claimed_at, expires_at)
     values ($1, $2, $3, $4, to_timestamp($5), to_timestamp($6))
     on conflict (caller, operation, key) do update
        set request_digest = excluded.request_digest, claimed_at = excluded.claimed_at,
            expires_at = excluded.expires_at, status = null, answer = null, shown_once = false
      where k.expires_at <= to_timestamp($5)
         or (k.status is null and k.claimed_at < to_timestamp($7)
             and k.request_digest = excluded.request_digest)
     returning key`,
    [
      name.caller,
      name.operation,
      name.key,
      claim.digest,
      claim.now,
      claim.expiresAt,
      claim.abandonedBefore,
    ],
  );
  return rows.length === 1;
}

export async function findKey(database: Queryable, name: KeyName): Promise<ClaimedKey | null> {
  const rows = await database.query<ClaimedKey>(
    `select request_digest, status, answer, shown_once from idempotency_keys
      where caller = $1 and operation = $2 and key = $3`,
    [name.caller, name.operation, name.key],
  );
  return rows[0] ?? null;
}

export async function completeKey(
  database: Queryable,
  name: KeyName,
  given: { status: number; answer: string; shownOnce: boolean },
): Promise<void> {
  await database.query(
    `update idempotency_keys set status = $4, answer = $5, shown_once = $6
      where caller = $1 and operation = $2 and key = $3`,
    [name.caller, name.operation, name.key, given.status, given.answer, given.shownOnce],
  );
}

/** Lets go of a key whose write was refused: nothing happened under it. */
export async function releaseKey(database: Queryable, name: KeyName): Promise<void> {
  await database.query(
    `delete from idempotency_keys
      where caller = $1 and operation = $2 and key = $3 and status is null`,
    [name.caller, name.operation, name.key],
  );
}

/** Some of those that have expired; a table that is written to is swept as it is written to. */
export async function sweepKeys(database: Queryable, now: Instant): Promise<void> {
  await database.query(
    `delete from idempotency_keys where (caller, operation, key) in (
       select caller, operation, key from idempotency_keys where expires_at <= to_timestamp($1)
        order by expires_at limit 20 for update skip locked)`,
    [now],
  );
}
