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

export async function findPlan(
  db: Queryable,
  id: string,
  version: number,
): Promise<StoredPlan | null> {
  const rows = await db.query<StoredPlan>(
    `select ${columns} from plans where id = $1 and version = $2`,
    [id, version],
  );
  return rows[0] ?? null;
}

/** All versions of one plan, oldest first. */
export async function planVersions(db: Queryable, id: string): Promise<StoredPlan[]> {
  return db.query<StoredPlan>(`select ${columns} from plans where id = $1 order by version`, [id]);
}

/** The newest version of each plan, after the plan named `after`. */
export async function listPlans(
  db: Queryable,
  page: { after: string; limit: number },
): Promise<StoredPlan[]> {
  return db.query<StoredPlan>(
    `select distinct on (id) ${columns} from plans where id > $1 order by id, version desc limit $2`,
    [page.after, page.limit],
  );
}
