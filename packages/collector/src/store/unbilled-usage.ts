/** What was counted in hours that no contract bills. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";
import { ownedParameters, ownedUsage, type UsageFilter } from "./owned-usage.ts";

export type UnbilledRow = {
  at: Instant;
  installation: string;
  customer: string | null;
  subject: string;
  meter: string;
  quantity: string;
  reason: "no_customer" | "before_contract" | "no_contract";
};

const terms = `terms as (
  select distinct on (id) customer_id, term_from, term_to, document::jsonb ->> 'after_term' as after_term
    from contracts order by id, version desc)`;

/**
 * The installations where there may be any: those that serve many, and those that are not, for the whole span, assigned to
 * customers with one contract for all of it. Most are, and their lines need not be looked at.
 */
const suspects = `suspects as (
  select i.id from installations i
   where i.subject_routing
      or not exists (
        select from assignments a join terms t on t.customer_id = a.customer_id
         where a.installation_id = i.id and a.subject = ''
           and a.from_at <= to_timestamp($1) and (a.to_at is null or a.to_at >= to_timestamp($2))
           and t.term_from <= to_timestamp($1)
           and (t.term_to is null or t.term_to >= to_timestamp($2) or t.after_term is distinct from 'stop')))`;

export async function unbilledUsage(
  database: Queryable,
  query: UsageFilter & { by: "hour" | "day" | "total" },
  limit: number,
): Promise<UnbilledRow[]> {
  return database.query<UnbilledRow>(
    `with ${terms}, ${suspects}, owned as (
       select * from (${ownedUsage(query)}) o where o.installation_id in (select id from suspects))
     select ${starts[query.by]} as at, installation_id as installation, customer_id as customer, subject, meter,
            trim_scale(sum(quantity))::text as quantity,
            case when customer_id is null then 'no_customer'
                 when exists (select from terms t where t.customer_id = o.customer_id
                                and t.term_from > window_start) then 'before_contract'
                 else 'no_contract' end as reason
       from owned o
      where not exists (select from terms t where t.customer_id = o.customer_id and t.term_from <= window_start
              and (t.term_to is null or t.term_to > window_start or t.after_term is distinct from 'stop'))
      group by 1, 2, 3, 4, 5, 7 order by 1, 2, 3, 4, 5 limit $8`,
    [...ownedParameters(query), limit],
  );
}

const starts = {
  hour: "window_start",
  day: "date_trunc('day', window_start, 'UTC')",
  total: "to_timestamp($1)",
} as const;
