/** Customers: who is billed. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type CustomerRow = {
  id: string;
  name: string;
  email: string | null;
  stripe_customer_id: string | null;
  created_at: Instant;
};

const columns = "id, name, email, stripe_customer_id, created_at";

/** Null when the id is taken. */
export async function insertCustomer(
  transaction: Queryable,
  customer: { id: string; name: string; email: string | null },
  now: Instant,
): Promise<CustomerRow | null> {
  const rows = await transaction.query<CustomerRow>(
    `insert into customers (id, name, email, created_at) values ($1, $2, $3, to_timestamp($4))
     on conflict do nothing returning ${columns}`,
    [customer.id, customer.name, customer.email, now],
  );
  return rows[0] ?? null;
}

export async function findCustomer(database: Queryable, id: string): Promise<CustomerRow | null> {
  const rows = await database.query<CustomerRow>(`select ${columns} from customers where id = $1`, [
    id,
  ]);
  return rows[0] ?? null;
}

export async function listCustomers(
  database: Queryable,
  page: { after: string; limit: number },
): Promise<CustomerRow[]> {
  return database.query<CustomerRow>(
    `select ${columns} from customers where id > $1 order by id limit $2`,
    [page.after, page.limit],
  );
}
