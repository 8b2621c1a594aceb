/** The hourly sums that rating reads: written by upsert, a line for each meter, window and dimension set of a journal. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

/** `quantity` is a decimal string. */
export type UsageRow = {
  installation: string;
  journal: string;
  window: Instant;
  meter: string;
  dimensions: string;
  subject: string;
  quantity: string;
};

/** Adds to what is there (`sum`), or keeps the greater of both (`max`). Each key at most once in `rows`. */
export async function upsertUsage(
  transaction: Queryable,
  combine: "sum" | "max",
  rows: readonly UsageRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const combined =
    combine === "sum"
      ? "u.quantity + excluded.quantity"
      : "greatest(u.quantity, excluded.quantity)";
  await transaction.query(
    `insert into usage_hourly as u (installation_id, journal, window_start, meter, dimensions, subject, quantity)
     select installation_id, journal, to_timestamp(window_start), meter, dimensions, subject, quantity
       from unnest($1::text[], $2::uuid[], $3::int8[], $4::text[], $5::text[], $6::text[], $7::numeric[])
         as t (installation_id, journal, window_start, meter, dimensions, subject, quantity)
     on conflict (installation_id, window_start, journal, meter, dimensions)
     do update set quantity = ${combined}`,
    [
      rows.map((row) => row.installation),
      rows.map((row) => row.journal),
      rows.map((row) => row.window),
      rows.map((row) => row.meter),
      rows.map((row) => row.dimensions),
      rows.map((row) => row.subject),
      rows.map((row) => row.quantity),
    ],
  );
}

/**
 * Those of `windows` that one of the journals has already spoken of: in lines that count, or in a held report
 * whose span takes the window in.
 */
export async function spokenWindows(
  transaction: Queryable,
  installation: string,
  journals: readonly string[],
  windows: readonly Instant[],
): Promise<Set<Instant>> {
  const rows = await transaction.query<{ window: Instant }>(
    `select to_timestamp(w.start) as window from unnest($3::int8[]) as w (start)
      where exists (select from usage_hourly u where u.installation_id = $1
               and u.window_start = to_timestamp(w.start) and u.journal = any($2::uuid[]))
         or exists (select from reports r where r.installation_id = $1 and r.journal = any($2::uuid[])
               and r.outcome = 'quarantined' and r.decision is null and r.lines > 0
               and r.touched_from <= to_timestamp(w.start) and r.touched_to > to_timestamp(w.start))`,
    [installation, journals, windows],
  );
  return new Set(rows.map(({ window }) => window));
}
