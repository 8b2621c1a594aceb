/** Days of usage beside the four weeks before them: what collapsed, and what exploded. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type UnlookedDay = {
  installation_id: string;
  customer_id: string | null;
  /** The end of the UTC day that is the next to be looked at. */
  day_end: Instant;
};

/**
 * Installations with a day that is proven up to its end, at the latest `dayEnd`, and was not looked at: each with its
 * oldest one, so that days which came late, many at once, are looked at like any other. Those that ended before `since`
 * are left alone, and of an installation that is new here the newest is the first.
 */
export async function unlookedDays(
  db: Queryable,
  o: { since: Instant; dayEnd: Instant; limit: number },
): Promise<UnlookedDay[]> {
  return db.query<UnlookedDay>(
    `with proven as (
       select installation_id, customer_id, anomalies_through as seen,
              least(date_trunc('day', last_covered, 'UTC'), to_timestamp($2)) as through
         from fleet_states where last_covered >= to_timestamp($1))
     select installation_id, customer_id,
            greatest(coalesce(seen + interval '24 hours', through), to_timestamp($1)) as day_end
       from proven where through >= to_timestamp($1) and (seen is null or seen < through)
      order by day_end, installation_id limit $3`,
    [o.since, o.dayEnd, o.limit],
  );
}

export async function markLookedAt(
  db: Queryable,
  installations: readonly string[],
  dayEnd: Instant,
): Promise<void> {
  await db.query(
    "update fleet_states set anomalies_through = to_timestamp($2) where installation_id = any($1)",
    [installations, dayEnd],
  );
}

export type Anomaly = {
  installation_id: string;
  meter: string;
  quantity: string;
  /** Of a day, over the days of the four weeks before in which the installation counted anything. */
  usual: string;
  days: number;
  kind: "collapse" | "explosion";
};

/** A week of history at least: what has just begun has no usual day. Meters that keep the greatest value are left out. */
export async function anomaliesOf(
  db: Queryable,
  installations: readonly string[],
  day: { from: Instant; to: Instant; historyFrom: Instant; daysMin: number },
): Promise<Anomaly[]> {
  return db.query<Anomaly>(
    `with daily as (
       select u.installation_id, u.meter, date_trunc('day', u.window_start, 'UTC') as day, sum(u.quantity) as quantity
         from usage_hourly u
         join installation_meters m on m.installation_id = u.installation_id and m.name = u.meter
          and m.aggregation <> 'max'
        where u.installation_id = any($1) and u.window_start >= to_timestamp($4) and u.window_start < to_timestamp($3)
        group by 1, 2, 3
     ), alive as (
       select installation_id, count(distinct day)::int as days from daily where day < to_timestamp($2) group by 1
     ), history as (
       select installation_id, meter, sum(quantity) as total,
              coalesce(sum(quantity) filter (where day >= to_timestamp($2)), 0) as quantity
         from daily group by 1, 2
     ), compared as (
       select h.installation_id, h.meter, h.quantity, (h.total - h.quantity) / a.days as usual, a.days
         from history h join alive a using (installation_id) where a.days >= $5)
     select installation_id, meter, trim_scale(quantity)::text as quantity, trim_scale(round(usual, 6))::text as usual, days,
            case when quantity >= 5 * usual then 'explosion' else 'collapse' end as kind
       from compared where usual > 0 and (quantity >= 5 * usual or quantity <= usual / 5)
      order by 1, 2`,
    [installations, day.from, day.to, day.historyFrom, day.daysMin],
  );
}
