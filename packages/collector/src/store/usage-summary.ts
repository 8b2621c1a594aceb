/** Counted usage, summed as it is asked for, with whose it is at each hour and whether a contract bills it. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type UsageQuery = {
  from: Instant;
  to: Instant;
  customer: string | null;
  installation: string | null;
  meter: string | null;
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

/** Installation, hour and customer of each line; routed by subject where the installation serves many. */
const owned = `
  select u.installation_id, u.window_start, u.meter, u.dimensions, u.subject, u.quantity, a.customer_id,
         m.aggregation
    from usage_hourly u
    join installations i on i.id = u.installation_id
    left join installation_meters m on m.installation_id = u.installation_id and m.name = u.meter
    left join assignments a on a.installation_id = u.installation_id
     and a.subject = case when i.subject_routing then u.subject else '' end
     and a.from_at <= u.window_start and (a.to_at is null or a.to_at > u.window_start)
   where u.window_start >= to_timestamp($1) and u.window_start < to_timestamp($2)
     and ($3::text is null or a.customer_id = $3) and ($4::text is null or u.installation_id = $4)
     and ($5::text is null or u.meter = $5)`;

const shownDimensions = `case when $6 = 'meter' then null
  when $7::text is null then dimensions
  else jsonb_strip_nulls(jsonb_build_object($7::text, dimensions::jsonb ->> $7::text))::text end`;

const starts = {
  hour: "window_start",
  day: "date_trunc('day', window_start, 'UTC')",
  total: "to_timestamp($1)",
} as const;

/** Journals and sets of one hour add up; over hours sums add and of a max the greatest is shown. */
export async function summariseUsage(
  database: Queryable,
  query: UsageQuery,
): Promise<UsageSummaryRow[]> {
  return database.query<UsageSummaryRow>(
    `with owned as (${owned}),
     hourly as (
       select window_start, customer_id, meter, ${shownDimensions} as shown,
              bool_or(aggregation = 'max') as greatest, sum(quantity) as quantity
         from owned group by 1, 2, 3, 4)
     select ${starts[query.by]} as at, customer_id as customer, meter, shown as dimensions,
            trim_scale(case when bool_or(greatest) then max(quantity) else sum(quantity) end)::text as quantity
       from hourly group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    parametersOf(query),
  );
}

/** Meter by meter over the whole span. */
export async function totalUsage(
  database: Queryable,
  query: UsageQuery,
): Promise<{ meter: string; quantity: string }[]> {
  return database.query(
    `with owned as (${owned}),
     hourly as (
       select window_start, meter, bool_or(aggregation = 'max') as greatest, sum(quantity) as quantity
         from owned group by 1, 2)
     select meter, trim_scale(case when bool_or(greatest) then max(quantity) else sum(quantity) end)::text as quantity
       from hourly group by 1 order by 1`,
    parametersOf(query).slice(0, 5),
  );
}

export type UnbilledRow = {
  at: Instant;
  installation: string;
  customer: string | null;
  subject: string;
  meter: string;
  quantity: string;
  reason: "no_customer" | "before_contract" | "no_contract";
};

/** What was counted in hours that no contract bills. */
export async function unbilledUsage(
  database: Queryable,
  query: UsageQuery,
): Promise<UnbilledRow[]> {
  return database.query<UnbilledRow>(
    `with owned as (${owned}),
     terms as (
       select distinct on (id) customer_id, term_from, term_to, document::jsonb ->> 'after_term' as after_term
         from contracts order by id, version desc)
     select ${starts[query.by]} as at, installation_id as installation, customer_id as customer, subject, meter,
            trim_scale(sum(quantity))::text as quantity,
            case when customer_id is null then 'no_customer'
                 when exists (select from terms t where t.customer_id = o.customer_id
                                and t.term_from > window_start) then 'before_contract'
                 else 'no_contract' end as reason
       from owned o
      where not exists (select from terms t where t.customer_id = o.customer_id and t.term_from <= window_start
              and (t.term_to is null or t.term_to > window_start or t.after_term is distinct from 'stop'))
      group by 1, 2, 3, 4, 5, 7 order by 1, 2, 3, 4, 5`,
    parametersOf(query).slice(0, 5),
  );
}

function parametersOf(query: UsageQuery): unknown[] {
  const { from, to, customer, installation, meter, group, dimension } = query;
  return [from, to, customer, installation, meter, group, dimension];
}
