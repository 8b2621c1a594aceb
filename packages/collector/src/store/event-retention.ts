/** Events leave after their time, with their deliveries and attempts; never one that somebody still waits for. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type Undelivered = {
  readonly endpoint: string;
  readonly events: number;
  readonly first: Instant;
  readonly last: Instant;
};

/**
 * Takes the oldest `limit` away: those of before `before` that nothing waits for, and those of before `undeliveredBefore`
 * that were given up. What was never delivered to an endpoint is answered, so that it can be put on record.
 *
 * One that its cause would still be told by (a held report, a shutdown that waits, a period's threshold) stays, however old: without it
 * the same would be told again.
 */
export async function dropEvents(
  transaction: Queryable,
  o: { before: Instant; undeliveredBefore: Instant; limit: number },
): Promise<{ dropped: number; undelivered: Undelivered[] }> {
  const gone = await transaction.query<{ id: string }>(
    `select e.id from events e
      where e.recorded_at < to_timestamp($1)
        and not exists (select from webhook_deliveries d
              where d.event_id = e.id and (d.status = 'pending'
                 or d.status = 'failed' and e.recorded_at >= to_timestamp($2)))
        and case e.type
          when 'report.quarantined' then not exists (select from reports r
            where r.installation_id = e.payload::jsonb #>> '{data,installation}'
              and r.journal = (e.payload::jsonb #>> '{data,journal}')::uuid
              and r.sequence = (e.payload::jsonb #>> '{data,sequence}')::int and r.decision is null)
          when 'installation.shutdown_attested' then not exists (select from shutdowns s
            where s.installation_id = e.payload::jsonb #>> '{data,installation}'
              and s.id = (e.payload::jsonb #>> '{data,shutdown}')::bigint and s.status = 'waiting')
          when 'usage.threshold_reached'
            then (e.payload::jsonb #>> '{data,to}')::timestamptz <= to_timestamp($1)
          else true end
      order by e.recorded_at, e.id limit $3 for update of e skip locked`,
    [o.before, o.undeliveredBefore, o.limit],
  );
  const ids = gone.map(({ id }) => id);
  if (ids.length === 0) return { dropped: 0, undelivered: [] };
  await transaction.query("delete from webhook_attempts where event_id = any($1)", [ids]);
  const undelivered = await transaction.query<Undelivered>(
    `with left_over as (
       delete from webhook_deliveries where event_id = any($1) returning endpoint_id, status, created_at)
     select endpoint_id as endpoint, count(*)::int as events, min(created_at) as first, max(created_at) as last
       from left_over where status = 'failed' group by 1 order by 1`,
    [ids],
  );
  await transaction.query("delete from events where id = any($1)", [ids]);
  return { dropped: ids.length, undelivered };
}
