/** What an operator looks for in the morning, each by one statement; lists are cut, counts are whole. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type Waiting = {
  readonly kind: "quarantine" | "correction" | "adjustment" | "shutdown" | "subject";
  readonly count: number;
  /** One of them, as its command names it. */
  readonly first: string;
};

/** Decisions that only a person takes. */
export async function waitingDecisions(db: Queryable, since: Instant): Promise<Waiting[]> {
  return db.query<Waiting>(
    `with waiting (kind, place, name) as (
       select 'quarantine', 1, installation_id || ' ' || journal || ' ' || sequence from reports
        where outcome = 'quarantined' and decision is null
       union all select 'correction', 2, id from corrections where status = 'awaiting_approval'
       union all select 'adjustment', 3, id from usage_adjustments where status = 'proposed'
       union all select 'shutdown', 4, installation_id || ' ' || id from shutdowns where status = 'waiting'
       union all select 'subject', 5, u.subject || ' --installation ' || u.installation_id
         from (select distinct u.installation_id, u.subject from installations i
                 join usage_hourly u on u.installation_id = i.id and u.window_start >= to_timestamp($1)
                 left join assignments a on a.installation_id = u.installation_id and a.subject = u.subject
                  and a.from_at <= u.window_start and (a.to_at is null or a.to_at > u.window_start)
                where i.subject_routing and a.customer_id is null) u)
     select kind, count(*)::int as count, min(name) as first from waiting group by kind, place order by place`,
    [since],
  );
}

/** Contracts that may close by the clock and have not: what keeps them is said by the close itself. */
export async function contractsOverdueToClose(
  db: Queryable,
  now: Instant,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    "select contract_id as id from close_schedule where look_at <= to_timestamp($1) order by contract_id limit $2",
    [now, limit],
  );
  return rows.map(({ id }) => id);
}

export type Unreconciled = {
  readonly document: string;
  readonly customer: string;
  readonly status: string;
  readonly code: string | null;
  readonly detail: string | null;
  readonly attempts: number;
};

/** Documents that the payment provider refused, or that it has not taken after several attempts. */
export async function unreconciledDocuments(db: Queryable, limit: number): Promise<Unreconciled[]> {
  return db.query<Unreconciled>(
    `select id as document, customer_id as customer, status, last_error ->> 'code' as code,
            last_error ->> 'detail' as detail, push_attempts as attempts
       from (select id, customer_id, status, last_error, push_attempts, frozen_at from invoices
             union all select id, customer_id, status, last_error, push_attempts, frozen_at from credit_notes) d
      where status = 'refused' or status = 'pushing' and push_attempts >= 3
      order by frozen_at limit $1`,
    [limit],
  );
}

export type UnusualDay = {
  readonly installation: string;
  readonly customer: string | null;
  readonly meter: string;
  readonly day: string;
  readonly kind: "collapse" | "explosion";
  readonly quantity: string;
  readonly usual: string;
};

/** By when they were told: days that a customer reported late are news, too. */
export async function unusualDays(
  db: Queryable,
  since: Instant,
  limit: number,
): Promise<UnusualDay[]> {
  const rows = await db.query<{ data: UnusualDay }>(
    `select payload::jsonb -> 'data' as data from events
      where type = 'usage.anomaly' and recorded_at >= to_timestamp($1) order by recorded_at desc, happened_at desc, id limit $2`,
    [since, limit],
  );
  return rows.map(({ data }) => data);
}

/** Webhooks to which events could not be delivered, though it was tried for days. */
export async function failedWebhooks(db: Queryable): Promise<{ id: string; failed: number }[]> {
  return db.query(
    `select e.id, count(*)::int as failed from webhook_endpoints e
       join webhook_deliveries d on d.endpoint_id = e.id and d.status = 'failed'
      where e.disabled_at is null group by e.id order by e.id`,
  );
}

export type AgentTrouble = {
  readonly installation: string;
  readonly agent_version: string | null;
  readonly clock_skew_ms: number | null;
  readonly disk_free_bytes: number | null;
  readonly backlog: number | null;
  readonly old: boolean;
  readonly skewed: boolean;
  readonly full: boolean;
  readonly behind: boolean;
};

export type AgentBounds = { skewMs: number; diskBytes: number; backlog: number };

/** An agent is old when it is not of the newest minor version in the fleet. */
const minorOf = (column: string) =>
  `(select array_agg(part::int) from unnest((string_to_array(split_part(${column}, '-', 1), '.'))[1:2]) part
     where part ~ '^[0-9]{1,9}$')`;

export async function troubledAgents(
  db: Queryable,
  bounds: AgentBounds,
  limit: number,
): Promise<{ total: number; newest: string | null; agents: AgentTrouble[] }> {
  const [row] = await db.query<{ total: number; newest: string | null; agents: AgentTrouble[] }>(
    `with living as (select f.*, ${minorOf("agent_version")} as minor from fleet_states f where state <> 'retired'),
     best as (select minor, max(agent_version) as version from living where minor is not null
               group by minor order by minor desc limit 1),
     judged as (
       select l.installation_id as installation, l.agent_version, l.clock_skew_ms, l.disk_free_bytes, l.backlog,
              coalesce(l.minor < b.minor, false) as "old", coalesce(abs(l.clock_skew_ms) > $1, false) as skewed,
              coalesce(l.disk_free_bytes < $2, false) as "full", coalesce(l.backlog > $3, false) as behind
         from living l left join best b on true),
     troubled as (select * from judged where "old" or skewed or "full" or behind),
     shown as (select * from troubled order by "full" desc, skewed desc, behind desc, installation limit $4)
     select (select count(*)::int from troubled) as total, (select version from best) as newest,
            coalesce((select jsonb_agg(to_jsonb(s)) from shown s), '[]') as agents`,
    [bounds.skewMs, bounds.diskBytes, bounds.backlog, limit],
  );
  return row ?? { total: 0, newest: null, agents: [] };
}

/** Contracts whose customers have reported in the last while, and how many there are. */
export async function contractsInUse(
  db: Queryable,
  now: Instant,
  limit: number,
): Promise<{ total: number; ids: string[] }> {
  const rows = await db.query<{ id: string; total: number }>(
    `select id, count(*) over ()::int as total from (
       select distinct on (id) id, term_from, term_to from contracts order by id, version desc) c
      where term_from <= to_timestamp($1) order by id limit $2`,
    [now, limit],
  );
  return { total: rows[0]?.total ?? 0, ids: rows.map(({ id }) => id) };
}
