/** Customers' tokens at rest: by digest, with role, member and term. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Permission } from "./permissions.ts";
import type { Queryable } from "./database.ts";

export type CustomerToken = {
  id: string;
  customer_id: string;
  name: string;
  role: string;
  member: string | null;
  created_at: Instant;
  created_by: string;
  expires_at: Instant | null;
  revoked_at: Instant | null;
};

/** Who holds a token that is valid now; without a role that still exists it permits nothing. */
export type CustomerHolder = {
  id: string;
  name: string;
  customer: string;
  member: string | null;
  permissions: Permission[];
  own_dimension: string;
};

const columns =
  "id, customer_id, name, role, member, created_at, created_by, expires_at, revoked_at";

export async function findCustomerHolder(
  database: Queryable,
  digest: Buffer,
  now: Instant,
): Promise<CustomerHolder | null> {
  const rows = await database.query<CustomerHolder>(
    `select t.id, t.name, t.customer_id as customer, t.member,
            coalesce(r.permissions, '{}') as permissions, coalesce(r.own_dimension, '') as own_dimension
       from customer_tokens t
       left join lateral (select permissions, own_dimension from customer_roles r
                           where r.name = t.role and r.customer_id in (t.customer_id, '')
                           order by r.customer_id desc limit 1) r on true
      where t.digest = $1 and t.revoked_at is null
        and (t.expires_at is null or t.expires_at > to_timestamp($2))`,
    [digest, now],
  );
  return rows[0] ?? null;
}

export async function insertCustomerToken(
  transaction: Queryable,
  token: Omit<CustomerToken, "revoked_at"> & { digest: Buffer },
): Promise<void> {
  await transaction.query(
    `insert into customer_tokens (id, customer_id, name, role, member, digest, created_at, created_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, to_timestamp($7), $8, to_timestamp($9))`,
    [
      token.id,
      token.customer_id,
      token.name,
      token.role,
      token.member,
      token.digest,
      token.created_at,
      token.created_by,
      token.expires_at,
    ],
  );
}

export async function listCustomerTokens(
  database: Queryable,
  customer: string,
  page: { after: string; limit: number },
): Promise<CustomerToken[]> {
  return database.query<CustomerToken>(
    `select ${columns} from customer_tokens where customer_id = $1 and id > $2 order by id limit $3`,
    [customer, page.after, page.limit],
  );
}

export async function findCustomerToken(
  database: Queryable,
  customer: string,
  id: string,
): Promise<CustomerToken | null> {
  const rows = await database.query<CustomerToken>(
    `select ${columns} from customer_tokens where customer_id = $1 and id = $2`,
    [customer, id],
  );
  return rows[0] ?? null;
}

export async function revokeCustomerToken(
  transaction: Queryable,
  id: string,
  now: Instant,
): Promise<void> {
  await transaction.query(
    `update customer_tokens set revoked_at = to_timestamp($2) where id = $1 and revoked_at is null`,
    [id, now],
  );
}

/** Whether somebody's valid token has this role, of one customer or of any. */
export async function roleIsHeld(
  database: Queryable,
  role: string,
  customer: string | null,
): Promise<boolean> {
  const rows = await database.query(
    `select id from customer_tokens
      where role = $1 and revoked_at is null and ($2::text is null or customer_id = $2) limit 1`,
    [role, customer],
  );
  return rows.length > 0;
}
