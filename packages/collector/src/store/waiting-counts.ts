/** How much waits for somebody, for metrics: counts over partial indexes, cheap at any size. */

import type { Queryable } from "./database.ts";

export type WaitingCount = {
  what:
    | "reports_undecided"
    | "corrections_to_approve"
    | "invoices_to_push"
    | "invoices_refused"
    | "events_to_deliver"
    | "events_given_up";
  count: number;
};

export async function waitingCounts(database: Queryable): Promise<WaitingCount[]> {
  return database.query<WaitingCount>(
    `select 'reports_undecided' as what, count(*)::int as count from reports
      where outcome <> 'accepted' and decision is null
     union all
     select 'corrections_to_approve', count(*)::int from corrections where status = 'awaiting_approval'
     union all
     select 'invoices_to_push', count(*)::int from invoices where status in ('booked', 'pushing')
     union all
     select 'invoices_refused', count(*)::int from invoices where status = 'refused'
     union all
     select 'events_to_deliver', count(*)::int from webhook_deliveries where status = 'pending'
     union all
     select 'events_given_up', count(*)::int from webhook_deliveries d
       join webhook_endpoints e on e.id = d.endpoint_id and e.disabled_at is null where d.status = 'failed'`,
  );
}
