/** Contracts whose customers have reported since their quotas were looked at. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type ToLookAt = { id: string; revision: number };

/** Those that waited longest first; none oftener than every `quietSeconds`. */
export async function contractsToCompare(
  db: Queryable,
  o: { now: Instant; quietSeconds: number; limit: number },
): Promise<ToLookAt[]> {
  return db.query<ToLookAt>(
    `with owners as (select distinct id, customer_id from contracts),
     seen as (
       select a.customer_id, sum(j.revision)::int8 as revision
         from (select distinct customer_id, installation_id from assignments) a
         join journals j on j.installation_id = a.installation_id group by 1)
     select o.id, s.revision::float8 as revision
       from owners o join seen s on s.customer_id = o.customer_id
       left join threshold_looks l on l.contract_id = o.id
      where l.contract_id is null or l.revision <> s.revision and l.looked_at <= to_timestamp($1) - make_interval(secs => $2)
      order by l.looked_at nulls first, o.id limit $3`,
    [o.now, o.quietSeconds, o.limit],
  );
}

export async function saveLook(db: Queryable, look: ToLookAt, now: Instant): Promise<void> {
  await db.query(
    `insert into threshold_looks (contract_id, revision, looked_at) values ($1, $2, to_timestamp($3))
     on conflict (contract_id) do update set revision = excluded.revision, looked_at = excluded.looked_at`,
    [look.id, look.revision, now],
  );
}
