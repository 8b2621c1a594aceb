/** Operator tokens at rest: by digest, with role and term. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type OperatorRole = "owner" | "billing" | "read-only";
export type Operator = { readonly id: string; readonly name: string; readonly role: OperatorRole };

/** Null when the token is unknown, expired or revoked at `now`. */
export async function findOperator(
  database: Queryable,
  digest: Buffer,
  now: Instant,
): Promise<Operator | null> {
  const rows = await database.query<Operator>(
    `select id, name, role from operator_tokens
      where digest = $1 and revoked_at is null and (expires_at is null or expires_at > to_timestamp($2))`,
    [digest, now],
  );
  return rows[0] ?? null;
}

/** False when an owner token exists already. */
export async function insertFirstOwner(
  database: Queryable,
  token: { id: string; name: string; digest: Buffer },
  now: Instant,
): Promise<boolean> {
  // The lock lets only one of two that start together see an empty table.
  await database.query("lock table operator_tokens in share row exclusive mode");
  const rows = await database.query(
    `insert into operator_tokens (id, name, role, digest, created_at)
     select $1, $2, 'owner', $3, to_timestamp($4)
      where not exists (select from operator_tokens where role = 'owner' and revoked_at is null)
     returning id`,
    [token.id, token.name, token.digest, now],
  );
  return rows.length === 1;
}
