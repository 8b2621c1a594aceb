/** The subjects that installations report under, and whom they belong to; one that belongs to nobody is counted and unbilled. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type SubjectRow = {
  installation: string;
  /** Empty for what a routed installation counted without naming any. */
  subject: string;
  /** Whose it is now; null when it is nobody's. */
  customer: string | null;
  first_window: Instant;
  last_window: Instant;
  /** Lines in hours in which it was nobody's. */
  unassigned_lines: number;
  unassigned_from: Instant | null;
};

/** Of installations that route by subject. `unassigned`: only those with hours that are nobody's. */
export async function listSubjects(
  database: Queryable,
  o: {
    installation: string | null;
    unassigned: boolean;
    since: Instant;
    now: Instant;
    after: readonly [installation: string, subject: string];
    limit: number;
  },
): Promise<SubjectRow[]> {
  return database.query<SubjectRow>(
    `select u.installation_id as installation, u.subject,
            min(u.window_start) as first_window, max(u.window_start) as last_window,
            count(*) filter (where a.customer_id is null)::int as unassigned_lines,
            min(u.window_start) filter (where a.customer_id is null) as unassigned_from,
            (select n.customer_id from assignments n
              where n.installation_id = u.installation_id and n.subject = u.subject
                and n.from_at <= to_timestamp($4) and (n.to_at is null or n.to_at > to_timestamp($4))) as customer
       from installations i
       join usage_hourly u on u.installation_id = i.id and u.window_start >= to_timestamp($3)
       left join assignments a on a.installation_id = u.installation_id and a.subject = u.subject
        and a.from_at <= u.window_start and (a.to_at is null or a.to_at > u.window_start)
      where i.subject_routing and ($1::text is null or i.id = $1)
        and (u.installation_id, u.subject) > ($5, $6)
      group by u.installation_id, u.subject
     having not $2::bool or count(*) filter (where a.customer_id is null) > 0
      order by u.installation_id, u.subject limit $7`,
    [o.installation, o.unassigned, o.since, o.now, o.after[0], o.after[1], o.limit],
  );
}
