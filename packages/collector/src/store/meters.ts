/** What each meter of an installation was first declared as. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type MeterRow = {
  installation_id: string;
  name: string;
  unit: string;
  aggregation: "sum" | "time_weighted" | "max";
  scale: number;
};

export async function metersOf(
  database: Queryable,
  installations: readonly string[],
): Promise<MeterRow[]> {
  return database.query<MeterRow>(
    "select installation_id, name, unit, aggregation, scale from installation_meters where installation_id = any($1)",
    [installations],
  );
}

/** The first declaration stays. `rows` in the order of their keys. */
export async function insertMeters(
  transaction: Queryable,
  rows: readonly MeterRow[],
  now: Instant,
): Promise<void> {
  if (rows.length === 0) return;
  await transaction.query(
    `insert into installation_meters (installation_id, name, unit, aggregation, scale, first_seen_at)
     select t.*, to_timestamp($6) from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[]) as t
     on conflict do nothing`,
    [
      rows.map((row) => row.installation_id),
      rows.map((row) => row.name),
      rows.map((row) => row.unit),
      rows.map((row) => row.aggregation),
      rows.map((row) => row.scale),
      now,
    ],
  );
}
