/** Counted lines with whose they are at each hour, as SQL that the summaries of usage share. */

import type { Instant } from "@submeter/shared/time/instant";

export type UsageFilter = {
  from: Instant;
  to: Instant;
  customer: string | null;
  installation: string | null;
  meter: string | null;
  /** Only what one member used: the lines with his name in this dimension. */
  own: { dimension: string; member: string } | null;
};

/** $1 to $7 of {@link ownedUsage}. */
export function ownedParameters(filter: UsageFilter): unknown[] {
  const { from, to, customer, installation, meter, own } = filter;
  return [from, to, customer, installation, meter, own?.dimension ?? null, own?.member ?? null];
}

const columns =
  "u.installation_id, u.window_start, u.meter, u.dimensions, u.subject, u.quantity, a.customer_id";

const narrowed = `($4::text is null or u.installation_id = $4) and ($5::text is null or u.meter = $5)
     and ($6::text is null or u.dimensions::jsonb ->> $6 = $7)`;

/** From a customer's assignments to the lines, because the table is kept by installation and hour. */
const ofCustomer = `
  select ${columns}
    from assignments a
    join installations i on i.id = a.installation_id
    join usage_hourly u on u.installation_id = a.installation_id
     and u.window_start >= greatest(to_timestamp($1), a.from_at)
     and u.window_start < least(to_timestamp($2), a.to_at)
     and case when i.subject_routing then u.subject else '' end = a.subject
   where a.customer_id = $3 and ${narrowed}`;

/** The same of many at once: $1 and $2 the span, $3 the customers. */
export const usageOfCustomers = `
  select ${columns}
    from assignments a
    join installations i on i.id = a.installation_id
    join usage_hourly u on u.installation_id = a.installation_id
     and u.window_start >= greatest(to_timestamp($1), a.from_at)
     and u.window_start < least(to_timestamp($2), a.to_at)
     and case when i.subject_routing then u.subject else '' end = a.subject
   where a.customer_id = any($3::text[])`;

/** From the lines to whom they belong, who may be nobody. Routed by subject where the installation serves many. */
const ofAll = `
  select ${columns}
    from usage_hourly u
    join installations i on i.id = u.installation_id
    left join assignments a on a.installation_id = u.installation_id
     and a.subject = case when i.subject_routing then u.subject else '' end
     and a.from_at <= u.window_start and (a.to_at is null or a.to_at > u.window_start)
   where u.window_start >= to_timestamp($1) and u.window_start < to_timestamp($2)
     and ($3::text is null or a.customer_id = $3) and ${narrowed}`;

export function ownedUsage({ customer }: { customer: string | null }): string {
  return customer === null ? ofAll : ofCustomer;
}
