/** Roles of customers' people: named sets of permissions, the vendor's own and those of single customers. */

import type { Permission } from "./permissions.ts";
import type { Queryable } from "./database.ts";

export type CustomerRole = {
  /** Empty: the vendor's, for every customer that has none of this name. */
  customer_id: string;
  name: string;
  permissions: Permission[];
  own_dimension: string;
};

const columns = "customer_id, name, permissions, own_dimension";

/** Of one customer with the vendor's, or all. */
export async function listRoles(
  database: Queryable,
  customer: string | null,
  page: { after: readonly [string, string]; limit: number },
): Promise<CustomerRole[]> {
  return database.query<CustomerRole>(
    `select ${columns} from customer_roles
      where ($1::text is null or customer_id in ($1, '')) and (customer_id, name) > ($2, $3)
      order by customer_id, name limit $4`,
    [customer, ...page.after, page.limit],
  );
}

/** The role that a token of this customer has by this name: his own before the vendor's. */
export async function findRole(
  database: Queryable,
  customer: string,
  name: string,
): Promise<CustomerRole | null> {
  const rows = await database.query<CustomerRole>(
    `select ${columns} from customer_roles where name = $2 and customer_id in ($1, '')
      order by customer_id desc limit 1`,
    [customer, name],
  );
  return rows[0] ?? null;
}

export async function saveRole(transaction: Queryable, role: CustomerRole): Promise<void> {
  await transaction.query(
    `insert into customer_roles (${columns}) values ($1, $2, $3, $4)
     on conflict (customer_id, name)
     do update set permissions = excluded.permissions, own_dimension = excluded.own_dimension`,
    [role.customer_id, role.name, role.permissions, role.own_dimension],
  );
}

export async function deleteRole(
  transaction: Queryable,
  customer: string,
  name: string,
): Promise<void> {
  await transaction.query("delete from customer_roles where customer_id = $1 and name = $2", [
    customer,
    name,
  ]);
}
