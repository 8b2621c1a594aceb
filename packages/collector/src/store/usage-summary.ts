/** Counted usage, summed as it is asked for. Sums add up over hours; of a peak the greatest hour is shown. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";
import { ownedParameters, ownedUsage, type UsageFilter, usageOfCustomers } from "./owned-usage.ts";

export type UsageQuery = UsageFilter & {
  by: "hour" | "day" | "total";
  /** `meter` leaves dimensions out; else all of them, or the one that is named. */
  group: "meter" | "dimensions";
  dimension: string | null;
};

export type UsageSummaryRow = {
  at: Instant;
  customer: string | null;
  meter: string;
  /** JSON text, or null when dimensions are left out. */
  dimensions: string | null;
  quantity: string;
};

/** Where a page begins: the row before it. */
export type UsagePlace = {
  at: Instant;
  customer: string;
  meter: string;
  dimensions: string;
};

const shownDimensions = `case when $8 = 'meter' then null
  when $9::text is null then dimensions
  else jsonb_strip_nulls(jsonb_build_object($9::text, dimensions::jsonb ->> $9::text))::text end`;

const starts = {
  hour: "window_start",
  day: "date_trunc('day', window_start, 'UTC')",
  total: "to_timestamp($1)",
} as const;

/** Those of the meters that are peaks in any installation: few, and for most vendors none. */
async function peakMeters(database: Queryable, query: { meter: string | null }): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `select distinct name from installation_meters
      where aggregation = 'max' and ($1::text is null or name = $1)`,
    [query.meter],
  );
  return rows.map(({ name }) => name);
}

/** Journals and sets of one hour add up first, also of a peak. */
export async function summariseUsage(
  database: Queryable,
  query: UsageQuery,
  page: { after: UsagePlace | null; limit: number },
): Promise<UsageSummaryRow[]> {
  const { after, limit } = page;
  return database.query<UsageSummaryRow>(
    `with hourly as (
       select window_start, customer_id, meter, ${shownDimensions} as shown, ${isPeak} as peak,
              sum(quantity) as quantity
         from (${ownedUsage(query)}) o group by 1, 2, 3, 4, 5)
     select * from (
       select ${starts[query.by]} as at, customer_id as customer, meter, shown as dimensions,
              ${combined} as quantity
         from hourly group by 1, 2, 3, 4) r
      where $11::float8 is null or (at, customer is null, coalesce(customer, ''), meter, coalesce(dimensions, ''))
              > (to_timestamp($11), $12::text = '', $12::text, $13::text, $14::text)
      order by at, customer is null, coalesce(customer, ''), meter, coalesce(dimensions, '') limit $15`,
    [
      ...ownedParameters(query),
      query.group,
      query.dimension,
      await peakMeters(database, query),
      after?.at ?? null,
      after?.customer ?? null,
      after?.meter ?? null,
      after?.dimensions ?? null,
      limit,
    ],
  );
}

const isPeak = `case when meter = any($10::text[]) then exists (
    select from installation_meters m where m.installation_id = o.installation_id and m.name = o.meter
       and m.aggregation = 'max') else false end`;

const combined = `trim_scale(case when bool_or(peak) then max(quantity) else sum(quantity) end)::text`;

/** Meter by meter over the whole span. */
export async function totalUsage(
  database: Queryable,
  query: UsageFilter,
): Promise<{ meter: string; quantity: string }[]> {
  return database.query(
    `with hourly as (
       select window_start, meter, ${isPeak.replace("$10", "$8")} as peak, sum(quantity) as quantity
         from (${ownedUsage(query)}) o group by 1, 2, 3)
     select meter, ${combined} as quantity from hourly group by 1 order by 1`,
    [...ownedParameters(query), await peakMeters(database, query)],
  );
}

export type BreakdownRow = { meter: string; dimension: string; value: string; quantity: string };

/** Meter by meter and value by value of each dimension, over the whole span. */
export async function breakdownOfUsage(
  database: Queryable,
  query: UsageFilter,
  limit: number,
): Promise<BreakdownRow[]> {
  return database.query<BreakdownRow>(
    `with hourly as (
       select window_start, meter, dimensions, ${isPeak.replace("$10", "$8")} as peak, sum(quantity) as quantity
         from (${ownedUsage(query)}) o group by 1, 2, 3, 4),
     valued as (
       select window_start, meter, peak, d.key as dimension, d.value, sum(quantity) as quantity
         from hourly, jsonb_each_text(dimensions::jsonb) d group by 1, 2, 3, 4, 5)
     select meter, dimension, value, ${combined} as quantity
       from valued group by 1, 2, 3 order by 1, 2, 3 limit $9`,
    [...ownedParameters(query), await peakMeters(database, query), limit],
  );
}

type OfCustomers = { from: Instant; to: Instant; customers: readonly string[] };

/** Customer by customer and meter by meter, in one statement however many they are. */
export async function totalsByCustomer(
  database: Queryable,
  { from, to, customers }: OfCustomers,
): Promise<{ customer: string; meter: string; quantity: string }[]> {
  return database.query(
    `with hourly as (
       select customer_id, window_start, meter, ${isPeak.replace("$10", "$4")} as peak, sum(quantity) as quantity
         from (${usageOfCustomers}) o group by 1, 2, 3, 4)
     select customer_id as customer, meter, ${combined} as quantity from hourly group by 1, 2 order by 1, 2`,
    [from, to, customers, await peakMeters(database, { meter: null })],
  );
}

/** By the values of one dimension; of each customer so many at most. */
export async function breakdownByCustomer(
  database: Queryable,
  { from, to, customers }: OfCustomers,
  o: { dimension: string; limitOfEach: number },
): Promise<{ customer: string; meter: string; value: string; quantity: string }[]> {
  return database.query(
    `with valued as (
       select customer_id, window_start, meter, dimensions::jsonb ->> $5 as value,
              ${isPeak.replace("$10", "$4")} as peak, sum(quantity) as quantity
         from (${usageOfCustomers}) o where dimensions::jsonb ? $5 group by 1, 2, 3, 4, 5),
     summed as (
       select customer_id as customer, meter, value, ${combined} as quantity,
              row_number() over (partition by customer_id order by meter, value) as place
         from valued group by customer_id, meter, value)
     select customer, meter, value, quantity from summed where place <= $6 order by customer, meter, value`,
    [from, to, customers, await peakMeters(database, { meter: null }), o.dimension, o.limitOfEach],
  );
}
