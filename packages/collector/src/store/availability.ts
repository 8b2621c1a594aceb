/** The collector's log of its own availability: spans in which a process accepted reports. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type AvailabilitySpan = {
  instance: string;
  startedAt: Instant;
  lastTickAt: Instant;
  publicKey: string;
  signature: Uint8Array;
};

/** Begins the span, or moves its end. */
export async function writeSpan(database: Queryable, span: AvailabilitySpan): Promise<void> {
  await database.query(
    `insert into availability as a (instance, started_at, last_tick_at, public_key, signature)
     values ($1, to_timestamp($2), to_timestamp($3), $4, $5)
     on conflict (instance, started_at) do update set last_tick_at = excluded.last_tick_at,
       public_key = excluded.public_key, signature = excluded.signature
     where a.last_tick_at <= excluded.last_tick_at`,
    [span.instance, span.startedAt, span.lastTickAt, span.publicKey, Buffer.from(span.signature)],
  );
}

/** Spans of all instances that reach into [from, to], by their start. */
export async function spansBetween(
  database: Queryable,
  from: Instant,
  to: Instant,
): Promise<{ started_at: Instant; last_tick_at: Instant }[]> {
  return database.query(
    `select started_at, last_tick_at from availability
      where last_tick_at >= to_timestamp($1) and started_at <= to_timestamp($2) order by started_at`,
    [from, to],
  );
}
