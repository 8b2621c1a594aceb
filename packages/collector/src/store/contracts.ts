/** Contracts as they are stored: versions, of which the highest that is effective rules a period. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type StoredContract = {
  readonly id: string;
  readonly version: number;
  readonly customer_id: string;
  readonly plan_id: string;
  readonly plan_version: number;
  /** Canonical JSON of the contract document. */
  readonly document: string;
  readonly digest: string;
  readonly effective_from: Instant;
  readonly term_from: Instant;
  /** null: until further notice. */
  readonly term_to: Instant | null;
  readonly reason: string | null;
  readonly created_at: Instant;
  readonly created_by: string;
};

const columns =
  "id, version, customer_id, plan_id, plan_version, document, digest, effective_from, term_from, term_to, reason, created_at, created_by";

export async function insertContractVersion(db: Queryable, row: StoredContract): Promise<void> {
  await db.query(
    `insert into contracts (${columns}) values ($1, $2, $3, $4, $5, $6, $7,
       to_timestamp($8), to_timestamp($9), to_timestamp($10), $11, to_timestamp($12), $13)`,
    [
      row.id,
      row.version,
      row.customer_id,
      row.plan_id,
      row.plan_version,
      row.document,
      row.digest,
      row.effective_from,
      row.term_from,
      row.term_to,
      row.reason,
      row.created_at,
      row.created_by,
    ],
  );
}

/** All versions, oldest first; empty when there is no such contract. */
export async function contractVersions(db: Queryable, id: string): Promise<StoredContract[]> {
  return db.query<StoredContract>(
    `select ${columns} from contracts where id = $1 order by version`,
    [id],
  );
}

/** The newest version of each contract, after the contract named `after`. */
export async function listContracts(
  db: Queryable,
  page: { customer: string | null; after: string; limit: number },
): Promise<StoredContract[]> {
  return db.query<StoredContract>(
    `select distinct on (id) ${columns} from contracts
     where id > $1 and ($2::text is null or customer_id = $2)
     order by id, version desc limit $3`,
    [page.after, page.customer, page.limit],
  );
}

/** Ids of contracts, or of one customer's, in order: all of them, or a page. */
export async function contractIds(
  db: Queryable,
  customer: string | null,
  page: { after: string; limit: number | null } = { after: "", limit: null },
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select distinct id from contracts where ($1::text is null or customer_id = $1) and id > $2
      order by id limit $3`,
    [customer, page.after, page.limit],
  );
  return rows.map((row) => row.id);
}

/** Begun contracts of the customers that the installations themselves are assigned to at `at`, the newest first. */
export async function contractsInForce(
  db: Queryable,
  installations: readonly string[],
  at: Instant,
): Promise<{ installation_id: string; id: string }[]> {
  return db.query<{ installation_id: string; id: string }>(
    `select distinct a.installation_id, c.id, c.term_from
     from assignments a join contracts c on c.customer_id = a.customer_id
     where a.installation_id = any($1::text[]) and a.subject = '' and a.from_at <= to_timestamp($2)
       and (a.to_at is null or a.to_at > to_timestamp($2)) and c.term_from <= to_timestamp($2)
     order by a.installation_id, c.term_from desc, c.id`,
    [installations, at],
  );
}

/**
 * One at a time decides about a customer's contracts (two terms must never overlap), closes one of its periods, or
 * changes what those are made of; held until the transaction ends.
 * It writes the row: of two that run beside each other the later one waits and sees the other's work, and one whose
 * snapshot is older than that is refused and begins anew. So no change falls between a close and the marks.
 */
export async function lockCustomer(db: Queryable, customer: string): Promise<boolean> {
  const rows = await db.query(`update customers set name = name where id = $1 returning 1`, [
    customer,
  ]);
  return rows.length === 1;
}

/** All that the installation was ever assigned to, and `also`, in one order. */
export async function lockCustomersOf(
  db: Queryable,
  installation: string,
  also: readonly string[] = [],
): Promise<void> {
  await db.query(
    `with locked as (
       select id from customers
        where id in (select customer_id from assignments where installation_id = $1) or id = any($2::text[])
        order by id for no key update)
     update customers c set name = c.name from locked where c.id = locked.id`,
    [installation, also],
  );
}

/** Serialises whoever closes, corrects or invoices one contract; held until the transaction ends. */
export async function lockContract(db: Queryable, contract: string): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtextextended('contract ' || $1, 0))`, [
    contract,
  ]);
}
