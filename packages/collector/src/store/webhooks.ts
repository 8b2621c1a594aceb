/** Endpoints that asked to be told, their secrets, and what became of each delivery. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type EndpointRow = {
  readonly id: string;
  readonly url: string;
  /** Empty: all. `invoice.*`: all of a group. */
  readonly types: readonly string[];
  readonly description: string;
  readonly created_at: Instant;
  readonly created_by: string;
  readonly disabled_at: Instant | null;
  readonly disabled_reason: string | null;
};

export type EndpointHealth = {
  readonly endpoint_id: string;
  readonly pending: number;
  readonly failed: number;
  readonly last_delivered_at: Instant | null;
};

export type SecretRow = {
  readonly endpoint_id: string;
  readonly number: number;
  readonly sealed: Buffer;
  readonly master_key_version: number;
  readonly expires_at: Instant | null;
};

export type DeliveryStatus = "pending" | "delivered" | "failed";

export type DeliveryRow = {
  readonly endpoint_id: string;
  readonly event_id: string;
  readonly type: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly tries: number;
  readonly next_at: Instant | null;
  readonly created_at: Instant;
  readonly finished_at: Instant | null;
  /** The last attempt's; null before the first. */
  readonly last_status: number | null;
  readonly last_detail: string | null;
};

const endpointColumns =
  "id, url, types, description, created_at, created_by, disabled_at, disabled_reason";

export async function insertEndpoint(
  db: Queryable,
  row: Omit<EndpointRow, "disabled_at" | "disabled_reason">,
): Promise<void> {
  await db.query(
    `insert into webhook_endpoints (id, url, types, description, created_at, created_by)
     values ($1, $2, $3, $4, to_timestamp($5), $6)`,
    [row.id, row.url, row.types, row.description, row.created_at, row.created_by],
  );
}

export async function findEndpoint(
  db: Queryable,
  id: string,
  lock = false,
): Promise<EndpointRow | null> {
  const rows = await db.query<EndpointRow>(
    `select ${endpointColumns} from webhook_endpoints where id = $1${lock ? " for update" : ""}`,
    [id],
  );
  return rows[0] ?? null;
}

export async function listEndpoints(
  db: Queryable,
  page: { after: string; limit: number },
): Promise<EndpointRow[]> {
  return db.query<EndpointRow>(
    `select ${endpointColumns} from webhook_endpoints where id > $1 order by id limit $2`,
    [page.after, page.limit],
  );
}

export async function endpointHealth(
  db: Queryable,
  endpoints: readonly string[],
): Promise<EndpointHealth[]> {
  return db.query<EndpointHealth>(
    `select endpoint_id, count(*) filter (where status = 'pending')::int as pending,
            count(*) filter (where status = 'failed')::int as failed,
            max(finished_at) filter (where status = 'delivered') as last_delivered_at
       from webhook_deliveries where endpoint_id = any($1) group by endpoint_id`,
    [endpoints],
  );
}

/** Nothing more is sent to it; what was sent stays on record. */
export async function disableEndpoint(
  db: Queryable,
  id: string,
  o: { at: Instant; reason: string },
): Promise<void> {
  await db.query(
    `update webhook_endpoints set disabled_at = to_timestamp($2), disabled_reason = $3
      where id = $1 and disabled_at is null`,
    [id, o.at, o.reason],
  );
  await db.query(
    `update webhook_deliveries set status = 'failed', next_at = null, finished_at = to_timestamp($2)
      where endpoint_id = $1 and status = 'pending'`,
    [id, o.at],
  );
}

export async function insertSecret(
  db: Queryable,
  row: Omit<SecretRow, "expires_at"> & { created_at: Instant },
): Promise<void> {
  await db.query(
    `insert into webhook_secrets (endpoint_id, number, sealed, master_key_version, created_at)
     values ($1, $2, $3, $4, to_timestamp($5))`,
    [row.endpoint_id, row.number, row.sealed, row.master_key_version, row.created_at],
  );
}

/** Those that sign at `at`, the newest first. */
export async function secretsOf(
  db: Queryable,
  endpoint: string,
  at: Instant,
): Promise<SecretRow[]> {
  return db.query<SecretRow>(
    `select endpoint_id, number, sealed, master_key_version, expires_at from webhook_secrets
      where endpoint_id = $1 and (expires_at is null or expires_at > to_timestamp($2)) order by number desc`,
    [endpoint, at],
  );
}

/** The older ones sign until `at`, beside the new one. Answers the next number. */
export async function expireSecrets(db: Queryable, endpoint: string, at: Instant): Promise<number> {
  await db.query(
    `update webhook_secrets set expires_at = least(coalesce(expires_at, to_timestamp($2)), to_timestamp($2))
      where endpoint_id = $1`,
    [endpoint, at],
  );
  const rows = await db.query<{ next: number }>(
    "select coalesce(max(number), 0) + 1 as next from webhook_secrets where endpoint_id = $1",
    [endpoint],
  );
  return rows[0]?.next ?? 1;
}

export type DueDelivery = {
  readonly endpoint_id: string;
  readonly event_id: string;
  readonly url: string;
  readonly payload: string;
  readonly attempts: number;
  readonly tries: number;
};

/** Endpoints for which something is due. */
export async function endpointsDue(db: Queryable, now: Instant): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select e.id from webhook_endpoints e
      where e.disabled_at is null and exists (select from webhook_deliveries p
        where p.endpoint_id = e.id and p.status = 'pending' and p.next_at <= to_timestamp($1))
      order by e.id`,
    [now],
  );
  return rows.map(({ id }) => id);
}

/**
 * Takes what is due for an endpoint, the longest due first, and puts it out of others' reach until `leaseUntil`: nobody
 * holds a transaction open while an endpoint thinks.
 */
export async function claimDue(
  db: Queryable,
  o: { endpoint: string; now: Instant; leaseUntil: Instant; limit: number },
): Promise<DueDelivery[]> {
  return db.query<DueDelivery>(
    `with due as (
       select p.endpoint_id, p.event_id, p.next_at, e.url from webhook_deliveries p
         join webhook_endpoints e on e.id = p.endpoint_id and e.disabled_at is null
        where p.endpoint_id = $4 and p.status = 'pending' and p.next_at <= to_timestamp($1)
        order by p.next_at, p.event_id limit $3 for update of p skip locked),
     claimed as (
       update webhook_deliveries w set next_at = to_timestamp($2) from due
        where w.endpoint_id = due.endpoint_id and w.event_id = due.event_id
       returning w.endpoint_id, w.event_id, due.next_at as due_at, due.url, w.attempts, w.tries)
     select c.endpoint_id, c.event_id, c.url, v.payload, c.attempts, c.tries
       from claimed c join events v on v.id = c.event_id order by c.due_at, c.event_id`,
    [o.now, o.leaseUntil, o.limit, o.endpoint],
  );
}

/** One, by hand, whatever its status; it is made where it never was. Null when endpoint or event is unknown. */
export async function claimOne(
  db: Queryable,
  key: { endpoint: string; event: string },
  o: { now: Instant; leaseUntil: Instant },
): Promise<DueDelivery | null> {
  const rows = await db.query<DueDelivery>(
    `with claimed as (
       insert into webhook_deliveries as w (endpoint_id, event_id, status, next_at, created_at)
       select e.id, v.id, 'pending', to_timestamp($4), to_timestamp($3)
         from webhook_endpoints e, events v where e.id = $1 and v.id = $2 and e.disabled_at is null
       on conflict (endpoint_id, event_id) do update
         set status = 'pending', next_at = excluded.next_at, finished_at = null, tries = 0
       returning w.endpoint_id, w.event_id, w.attempts, w.tries)
     select c.*, e.url, v.payload from claimed c
       join webhook_endpoints e on e.id = c.endpoint_id join events v on v.id = c.event_id`,
    [key.endpoint, key.event, o.now, o.leaseUntil],
  );
  return rows[0] ?? null;
}

/** Writes an attempt and what follows from it. */
export async function saveAttempt(
  db: Queryable,
  delivery: DueDelivery,
  attempt: { at: Instant; status: number | null; detail: string; milliseconds: number },
  next: { status: DeliveryStatus; at: Instant | null },
): Promise<void> {
  const number = delivery.attempts + 1;
  await db.query(
    `update webhook_deliveries set status = $3, attempts = $4, tries = tries + 1, next_at = to_timestamp($5),
            finished_at = case when $3 = 'pending' then null else to_timestamp($6) end
      where endpoint_id = $1 and event_id = $2`,
    [delivery.endpoint_id, delivery.event_id, next.status, number, next.at, attempt.at],
  );
  await db.query(
    `insert into webhook_attempts (endpoint_id, event_id, number, at, status, detail, milliseconds)
     values ($1, $2, $3, to_timestamp($4), $5, $6, $7) on conflict do nothing`,
    [
      delivery.endpoint_id,
      delivery.event_id,
      number,
      attempt.at,
      attempt.status,
      attempt.detail,
      attempt.milliseconds,
    ],
  );
}

/** What was taken and not tried is due again at `at`. */
export async function putBack(
  db: Queryable,
  deliveries: readonly DueDelivery[],
  at: Instant,
): Promise<void> {
  await db.query(
    `update webhook_deliveries w set next_at = to_timestamp($3)
       from unnest($1::text[], $2::text[]) as t (endpoint_id, event_id)
      where w.endpoint_id = t.endpoint_id and w.event_id = t.event_id and w.status = 'pending'`,
    [deliveries.map((one) => one.endpoint_id), deliveries.map((one) => one.event_id), at],
  );
}

/** Newest first. */
export async function listDeliveries(
  db: Queryable,
  filter: { endpoint: string; status: DeliveryStatus | null },
  page: { after: { createdAt: Instant; event: string } | null; limit: number },
): Promise<DeliveryRow[]> {
  return db.query<DeliveryRow>(
    `select d.endpoint_id, d.event_id, v.type, d.status, d.attempts, d.tries, d.next_at, d.created_at, d.finished_at,
            a.status as last_status, a.detail as last_detail
       from webhook_deliveries d join events v on v.id = d.event_id
       left join webhook_attempts a on a.endpoint_id = d.endpoint_id and a.event_id = d.event_id and a.number = d.attempts
      where d.endpoint_id = $1 and ($2::text is null or d.status = $2)
        and ($3::float8 is null or (d.created_at, d.event_id) < (to_timestamp($3), $4))
      order by d.created_at desc, d.event_id desc limit $5`,
    [
      filter.endpoint,
      filter.status,
      page.after?.createdAt ?? null,
      page.after?.event ?? "",
      page.limit,
    ],
  );
}
