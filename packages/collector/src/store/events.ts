/** Events at rest: what happened, once, with a delivery for each endpoint that asked for it. */

import { createHash } from "node:crypto";
import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

/** All that is told, in the order of docs/events.md. */
export const eventTypes = [
  "installation.late",
  "installation.minimum_approaching",
  "installation.offline",
  "installation.recovered",
  "installation.forked",
  "installation.shutdown_attested",
  "report.quarantined",
  "usage.anomaly",
  "usage.threshold_reached",
  "invoice.booked",
  "invoice.provisional",
  "invoice.finalized",
  "invoice.refused",
  "invoice.corrected",
  "invoice.credited",
  "invoice.settled",
  "webhook.test",
] as const;

export type EventType = (typeof eventTypes)[number];

export type NewEvent = {
  readonly type: EventType;
  /** Names what happened; the same name is recorded once, whoever comes across it again. */
  readonly key: string;
  readonly at: Instant;
  readonly customer?: string | null;
  readonly installation?: string | null;
  readonly data: Readonly<Record<string, unknown>>;
};

export type EventRow = {
  readonly id: string;
  readonly type: EventType;
  readonly happened_at: Instant;
  readonly recorded_at: Instant;
  readonly customer_id: string | null;
  readonly installation_id: string | null;
  /** The very bytes that are delivered. */
  readonly payload: string;
};

/**
 * Call it in the transaction of the cause: both are recorded, or neither. What is known already is left as it is.
 * `only`: for one endpoint, whatever it asked for.
 */
export async function recordEvents(
  transaction: Queryable,
  events: readonly NewEvent[],
  now: Instant,
  only: string | null = null,
): Promise<string[]> {
  if (events.length === 0) return [];
  const rows = await transaction.query<{ id: string }>(
    `with recorded as (
       insert into events (id, key, type, happened_at, recorded_at, customer_id, installation_id, payload)
       select id, key, type, to_timestamp(at), to_timestamp($8), customer, installation, payload
         from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::text[], $6::text[], $7::text[])
           as t (id, key, type, at, customer, installation, payload)
       on conflict do nothing returning id, type
     ), sent as (
       insert into webhook_deliveries (endpoint_id, event_id, status, next_at, created_at)
       select e.id, r.id, 'pending', to_timestamp($8), to_timestamp($8)
         from recorded r join webhook_endpoints e on e.disabled_at is null
          and ($9::text = e.id or $9::text is null and (cardinality(e.types) = 0 or r.type = any(e.types)
            or split_part(r.type, '.', 1) || '.*' = any(e.types)))
     )
     select id from recorded`,
    [
      events.map(({ type, key }) => eventId(type, key)),
      events.map(({ type, key }) => `${type} ${key}`),
      events.map(({ type }) => type),
      events.map(({ at }) => at),
      events.map(({ customer = null }) => customer),
      events.map(({ installation = null }) => installation),
      events.map(({ type, at, data }) =>
        JSON.stringify({ type, timestamp: formatInstant(at), data }),
      ),
      now,
      only,
    ],
  );
  return rows.map(({ id }) => id);
}

/** Follows from what happened: a restored collector tells it again under the same name. */
export function eventId(type: EventType, key: string): string {
  return `evt_${createHash("sha256").update(`${type} ${key}`).digest("base64url").slice(0, 24)}`;
}

const columns = "id, type, happened_at, recorded_at, customer_id, installation_id, payload";

export async function findEvent(db: Queryable, id: string): Promise<EventRow | null> {
  const rows = await db.query<EventRow>(`select ${columns} from events where id = $1`, [id]);
  return rows[0] ?? null;
}

/** Newest first. */
export async function listEvents(
  db: Queryable,
  filter: { type: string | null; customer: string | null },
  page: { after: { recordedAt: Instant; id: string } | null; limit: number },
): Promise<EventRow[]> {
  return db.query<EventRow>(
    `select ${columns} from events
      where ($1::text is null or type = $1 or split_part(type, '.', 1) || '.*' = $1)
        and ($2::text is null or customer_id = $2)
        and ($3::float8 is null or (recorded_at, id) < (to_timestamp($3), $4))
      order by recorded_at desc, id desc limit $5`,
    [
      filter.type,
      filter.customer,
      page.after?.recordedAt ?? null,
      page.after?.id ?? "",
      page.limit,
    ],
  );
}
