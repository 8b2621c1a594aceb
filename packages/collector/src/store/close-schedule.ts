/** When to look at a contract's open period again, so that a thousand contracts cost nothing while their periods run. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

/** Contracts to be looked at by `now`, in order. */
export async function contractsToLookAt(db: Queryable, now: Instant): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select distinct c.id from contracts c left join close_schedule s on s.contract_id = c.id
     where s.look_at is null or s.look_at <= to_timestamp($1) order by c.id`,
    [now],
  );
  return rows.map((row) => row.id);
}

export async function lookAgainAt(db: Queryable, contract: string, at: Instant): Promise<void> {
  await db.query(
    `insert into close_schedule (contract_id, look_at) values ($1, to_timestamp($2))
     on conflict (contract_id) do update set look_at = excluded.look_at`,
    [contract, at],
  );
}

/** All of a customer's contracts: where one begins, another may end. */
export async function lookNow(db: Queryable, customer: string): Promise<void> {
  await db.query(
    `delete from close_schedule where contract_id in (select id from contracts where customer_id = $1)`,
    [customer],
  );
}
