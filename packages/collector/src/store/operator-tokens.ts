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

export type OperatorToken = {
  id: string;
  name: string;
  role: OperatorRole;
  created_at: Instant;
  expires_at: Instant | null;
  revoked_at: Instant | null;
};

const columns = "id, name, role, created_at, expires_at, revoked_at";

export async function insertOperatorToken(
  transaction: Queryable,
  token: Omit<OperatorToken, "revoked_at"> & { digest: Buffer },
): Promise<void> {
  await transaction.query(
    `insert into operator_tokens (id, name, role, digest, created_at, expires_at)
     values ($1, $2, $3, $4, to_timestamp($5), to_timestamp($6))`,
    [token.id, token.name, token.role, token.digest, token.created_at, token.expires_at],
  );
}

export async function listOperatorTokens(
  database: Queryable,
  page: { after: string; limit: number },
): Promise<OperatorToken[]> {
  return database.query<OperatorToken>(
    `select ${columns} from operator_tokens where id > $1 order by id limit $2`,
    [page.after, page.limit],
  );
}

export async function findOperatorToken(
  database: Queryable,
  id: string,
): Promise<OperatorToken | null> {
  const rows = await database.query<OperatorToken>(
    `select ${columns} from operator_tokens where id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** Those that are valid at `now`. The lock keeps two from changing them at once. */
export async function lockValidTokens(
  transaction: Queryable,
  now: Instant,
): Promise<OperatorToken[]> {
  await transaction.query("lock table operator_tokens in share row exclusive mode");
  return transaction.query<OperatorToken>(
    `select ${columns} from operator_tokens
      where revoked_at is null and (expires_at is null or expires_at > to_timestamp($1))`,
    [now],
  );
}

export async function revokeOperatorToken(
  transaction: Queryable,
  id: string,
  now: Instant,
): Promise<void> {
  await transaction.query(
    "update operator_tokens set revoked_at = to_timestamp($2) where id = $1 and revoked_at is null",
    [id, now],
  );
}
