/** Shutdowns that customers attested, and what an operator decided on each. */

import type { Instant, Interval } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type ShutdownStatus = "waiting" | "accepted" | "rejected" | "replaced";

export type NewShutdown = {
  readonly installation: string;
  readonly journal: string;
  readonly sequence: number;
  readonly position: number;
  readonly from: Instant;
  readonly until: Instant;
  readonly reason: string;
  readonly by: string | null;
  readonly statedAt: Instant;
};

export type ShutdownRow = {
  readonly installation_id: string;
  readonly id: number;
  readonly journal: string;
  readonly sequence: number;
  readonly from_at: Instant;
  readonly until_at: Instant;
  readonly reason: string;
  readonly stated_by: string | null;
  readonly stated_at: Instant;
  readonly recorded_at: Instant;
  readonly status: ShutdownStatus;
  readonly decided_at: Instant | null;
  readonly decided_by: string | null;
  readonly decision_reason: string | null;
};

const columns = `installation_id, id::int as id, journal, sequence, from_at, until_at, reason, stated_by, stated_at,
  recorded_at, status, decided_at, decided_by, decision_reason`;

/** Each once, however often its report is examined; of what waits for one beginning the last said is left. */
export async function insertShutdown(
  transaction: Queryable,
  shutdown: NewShutdown,
  at: Instant,
): Promise<void> {
  const { installation, journal, sequence, position } = shutdown;
  await transaction.query(
    `with added as (
       insert into shutdowns (installation_id, journal, sequence, position, from_at, until_at, reason, stated_by,
         stated_at, recorded_at, status)
       values ($1, $2, $3, $4, to_timestamp($5), to_timestamp($6), $7, $8, to_timestamp($9), to_timestamp($10),
         case when exists (select 1 from shutdowns
           where installation_id = $1 and journal = $2 and from_at = to_timestamp($5)
             and (sequence, position) > ($3, $4)) then 'replaced' else 'waiting' end)
       on conflict (installation_id, journal, sequence, position) do nothing
       returning installation_id, journal, from_at, sequence, position
     )
     update shutdowns s set status = 'replaced' from added
      where s.installation_id = added.installation_id and s.journal = added.journal
        and s.from_at = added.from_at and s.status = 'waiting'
        and (s.sequence, s.position) < (added.sequence, added.position)`,
    [
      installation,
      journal,
      sequence,
      position,
      shutdown.from,
      shutdown.until,
      shutdown.reason,
      shutdown.by,
      shutdown.statedAt,
      at,
    ],
  );
}

/** `after` is the place of the last one of the page before; newest first. */
export async function listShutdowns(
  database: Queryable,
  filter: { installation: string | null; status: string | null },
  page: { after: readonly (string | number)[] | null; limit: number },
): Promise<ShutdownRow[]> {
  const [recordedAt = null, installation = null, id = null] = page.after ?? [];
  return database.query<ShutdownRow>(
    `select ${columns} from shutdowns
      where ($1::text is null or installation_id = $1) and ($2::text is null or status = $2)
        and ($3::float8 is null
          or (recorded_at, installation_id, id) < (to_timestamp($3), $4::text, $5::bigint))
      order by recorded_at desc, installation_id desc, id desc limit $6`,
    [filter.installation, filter.status, recordedAt, installation, id, page.limit],
  );
}

/** Those that wait for a decision and nobody was told of, oldest first, with whose installation it is. */
export async function untoldShutdowns(
  database: Queryable,
  limit: number,
): Promise<(ShutdownRow & { customer_id: string | null })[]> {
  return database.query(
    `select ${columns},
       (select a.customer_id from assignments a where a.installation_id = s.installation_id and a.subject = ''
          and a.from_at <= s.recorded_at and (a.to_at is null or a.to_at > s.recorded_at)) as customer_id
      from shutdowns s
      where status = 'waiting' and not exists (select from events e
        where e.key = 'installation.shutdown_attested ' || s.installation_id || ' ' || s.id)
      order by s.recorded_at, s.id limit $1`,
    [limit],
  );
}

/** Locked until the transaction ends; null when it is unknown. */
export async function lockShutdown(
  transaction: Queryable,
  installation: string,
  id: number,
): Promise<ShutdownRow | null> {
  const rows = await transaction.query<ShutdownRow>(
    `select ${columns} from shutdowns where installation_id = $1 and id = $2 for update`,
    [installation, id],
  );
  return rows[0] ?? null;
}

export async function writeShutdownDecision(
  transaction: Queryable,
  key: { installation: string; id: number },
  o: { status: "accepted" | "rejected"; by: string; reason: string; at: Instant },
): Promise<void> {
  await transaction.query(
    `update shutdowns set status = $3, decided_by = $4, decision_reason = $5, decided_at = to_timestamp($6)
      where installation_id = $1 and id = $2`,
    [key.installation, key.id, o.status, o.by, o.reason, o.at],
  );
}

/** Another accepted one of the same beginning gives way to `row`. */
export async function replaceAccepted(transaction: Queryable, row: ShutdownRow): Promise<void> {
  await transaction.query(
    `update shutdowns set status = 'replaced'
      where installation_id = $1 and journal = $2 and from_at = to_timestamp($3) and id <> $4
        and status = 'accepted'`,
    [row.installation_id, row.journal, row.from_at, row.id],
  );
}

/** The accepted ones by installation, in order. */
export async function attestedOf(
  database: Queryable,
  installations: readonly string[],
): Promise<Map<string, Interval[]>> {
  const rows = await database.query<{ installation_id: string } & Interval>(
    `select installation_id, from_at as "from", until_at as "to" from shutdowns
      where installation_id = any($1::text[]) and status = 'accepted' and until_at > from_at
      order by installation_id, from_at, until_at`,
    [installations],
  );
  const found = new Map<string, Interval[]>();
  for (const { installation_id: installation, from, to } of rows) {
    found.set(installation, [...(found.get(installation) ?? []), { from, to }]);
  }
  return found;
}
