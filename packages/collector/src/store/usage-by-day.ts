/** A customer's usage of a period in as few rows as entitlements need: days, and hours where the hour matters. */

import type { Instant, Interval } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";
import { type UsageRowStored, usageOfCustomer } from "./evidence.ts";

/**
 * `hourlyDays`: starts of the UTC days whose hours are told apart. Of `hourlyMeters` every hour, with installation and journal:
 * greatest values do not add up over a day. Elsewhere both are empty, and the window is the day's start or the period's.
 */
export async function usageByDay(
  db: Queryable,
  of: {
    readonly customer: string;
    readonly installations: readonly string[];
    readonly period: Interval;
    readonly hourlyDays: readonly Instant[];
    readonly hourlyMeters: readonly string[];
  },
): Promise<UsageRowStored[]> {
  const { customer, installations, period, hourlyDays, hourlyMeters } = of;
  return db.query<UsageRowStored>(
    `with owned as (
       select u.*, u.meter = any($6::text[]) as peak, date_trunc('day', u.window_start, 'UTC') as day
       from ${usageOfCustomer}
       where u.installation_id = any($2::text[]) and a.customer_id = $1
         and u.window_start >= to_timestamp($3) and u.window_start < to_timestamp($4))
     select case when peak then installation_id else '' end as installation_id,
       case when peak then journal::text else '' end as journal,
       case when peak or day in (select to_timestamp(unnest($5::int8[]))) then window_start
            else greatest(day, to_timestamp($3)) end as window_start,
       meter, dimensions, trim_scale(sum(quantity)) as quantity
     from owned group by 1, 2, 3, meter, dimensions order by 1, 2, 3, meter, dimensions collate "C"`,
    [customer, installations, period.from, period.to, hourlyDays, hourlyMeters],
  );
}
