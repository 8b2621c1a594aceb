/** Plans as they are stored: each version once, as the text that was agreed. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type StoredPlan = {
  readonly id: string;
  readonly version: number;
  /** Canonical JSON of the plan document. */
  readonly document: string;
  /** SHA-256 of `document`, lower-case hex. */
  readonly digest: string;
  readonly created_at: Instant;
  readonly created_by: string;
};

const columns = "id, version, document, digest, created_at, created_by";

/** Answers false when the version exists already; it is left as it is. */
export async function insertPlan(db: Queryable, plan: StoredPlan): Promise<boolean> {
  const rows = await db.query<{ id: string }>(
    `insert into plans (${columns}) values ($1, $2, $3, $4, to_timestamp($5), $6)
     on conflict (id, version) do nothing returning id`,
    [plan.id, plan.version, plan.document, plan.digest, plan.created_at, plan.created_by],
  );
  return rows.length === 1;
}

/** What a customer may see: plans that are offered, and the versions that his contracts name. All when $1 is null. */
const visible = `($1::text is null or exists (select from offered_plans o where o.plan_id = plans.id)
  or exists (select from contracts c
              where c.customer_id = $1 and c.plan_id = plans.id and c.plan_version = plans.version))`;

export async function findPlan(
  db: Queryable,
  id: string,
  version: number,
  customer: string | null = null,
): Promise<StoredPlan | null> {
  const rows = await db.query<StoredPlan>(
    `select ${columns} from plans where ${visible} and id = $2 and version = $3`,
    [customer, id, version],
  );
  return rows[0] ?? null;
}

/** All versions of one plan, oldest first. */
export async function planVersions(
  db: Queryable,
  id: string,
  customer: string | null = null,
): Promise<StoredPlan[]> {
  return db.query<StoredPlan>(
    `select ${columns} from plans where ${visible} and id = $2 order by version`,
    [customer, id],
  );
}

/** The newest version of each plan, after the plan named `after`. */
export async function listPlans(
  db: Queryable,
  page: { after: string; limit: number; customer: string | null },
): Promise<StoredPlan[]> {
  return db.query<StoredPlan>(
    `select distinct on (id) ${columns} from plans where ${visible} and id > $2
      order by id, version desc limit $3`,
    [page.customer, page.after, page.limit],
  );
}

export async function offeredAmong(
  db: Queryable,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ plan_id: string }>(
    "select plan_id from offered_plans where plan_id = any($1)",
    [ids],
  );
  return new Set(rows.map((row) => row.plan_id));
}

export async function setOffered(
  db: Queryable,
  plan: string,
  offer: { offered: boolean; by: string; now: Instant },
): Promise<void> {
  if (!offer.offered) {
    await db.query("delete from offered_plans where plan_id = $1", [plan]);
    return;
  }
  await db.query(
    `insert into offered_plans (plan_id, offered_at, offered_by) values ($1, to_timestamp($2), $3)
     on conflict do nothing`,
    [plan, offer.now, offer.by],
  );
}
