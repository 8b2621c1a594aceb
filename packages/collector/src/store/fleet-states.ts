/** The fleet as it was found last: counted, filtered and paged by SQL, the troubled first. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

/** Worst first: that is what a person looks for. */
export const fleetStates = [
  "forked",
  "offline",
  "late",
  "skewed",
  "never_reported",
  "reporting",
  "retired",
] as const;

export type FleetState = (typeof fleetStates)[number];

export type FleetStateRow = {
  installation_id: string;
  customer_id: string | null;
  state: FleetState;
  rank: number;
  /** Since when it is in this state, as it was found. */
  since: Instant;
  last_covered: Instant | null;
  /** Where its silence begins: later than what is covered by as much as its clock is behind. */
  silent_from: Instant | null;
  /** Accountable, up to `refreshed_at`. */
  silent_seconds: number | null;
  fallback_from: Instant | null;
  journals_expected: number;
  journals_dead: number;
  backlog: number | null;
  agent_version: string | null;
  clock_skew_ms: number | null;
  disk_free_bytes: number | null;
  quarantined: number;
  /** The contract that its terms should be in, when nothing could be read of it. */
  unreadable_contract: string | null;
  /** When time alone makes something else of it. */
  next_at: Instant | null;
  revision: number;
  refreshed_at: Instant;
};

// int8 as floats: within safe integers by the wire's own bounds.
const columns = `installation_id, customer_id, state, rank, since, last_covered, silent_from,
  silent_seconds::float8 as silent_seconds, fallback_from, journals_expected, journals_dead,
  backlog::float8 as backlog, agent_version, clock_skew_ms::float8 as clock_skew_ms,
  disk_free_bytes::float8 as disk_free_bytes, quarantined, unreadable_contract, next_at, revision::float8 as revision, refreshed_at`;

export type Stale = { id: string; revision: number };

/** Something was recorded or changed, the time has come, or the collector came back from where it was. $1 is now. */
const isStale = `f.installation_id is null or f.revision <> i.state_revision + coalesce(j.revision, 0)
  or f.next_at <= to_timestamp($1) or f.refreshed_at < (select max(started_at) from availability)`;

/** Those whose row is missing or no longer true, by one scan of installations and journals, whatever the number of reports. */
export async function staleFleetStates(
  db: Queryable,
  now: Instant,
  limit: number,
): Promise<Stale[]> {
  return db.query<Stale>(
    `select i.id, (i.state_revision + coalesce(j.revision, 0))::float8 as revision
       from installations i
       left join (select installation_id, sum(revision)::int8 as revision from journals group by installation_id) j
         on j.installation_id = i.id
       left join fleet_states f on f.installation_id = i.id
      where ${isStale}
      order by i.id limit $2`,
    [now, limit],
  );
}

/** The same among these and those whose time has come: by key, whatever the size of the fleet. */
export async function staleAmong(
  db: Queryable,
  installations: readonly string[],
  now: Instant,
  dueMax: number,
): Promise<Stale[]> {
  return db.query<Stale>(
    `with looked_at as (
       select unnest($2::text[]) as id
       union (select installation_id from fleet_states where next_at <= to_timestamp($1) order by next_at limit $3))
     select i.id, (i.state_revision + coalesce(j.revision, 0))::float8 as revision
       from looked_at join installations i using (id)
       left join lateral (select sum(revision)::int8 as revision from journals where installation_id = i.id) j on true
       left join fleet_states f on f.installation_id = i.id
      where ${isStale}`,
    [now, installations, dueMax],
  );
}

/** All that had been recorded or was due by `at` is in the rows. */
export async function noteFleetLook(db: Queryable, at: Instant): Promise<void> {
  await db.query(
    `insert into fleet_look (looked_at) values (to_timestamp($1))
     on conflict (singleton) do update set looked_at = greatest(fleet_look.looked_at, excluded.looked_at)`,
    [at],
  );
}

/** As of when the rows are true for the whole fleet at least; null before they were found for the first time. */
export async function fleetLookedAt(db: Queryable): Promise<Instant | null> {
  const [row] = await db.query<{ looked_at: Instant }>("select looked_at from fleet_look");
  return row?.looked_at ?? null;
}

/** Found anew at the next occasion: for changes that no revision tells of. */
export async function markFleetStateStale(db: Queryable, installation: string): Promise<void> {
  await db.query("update fleet_states set next_at = to_timestamp(0) where installation_id = $1", [
    installation,
  ]);
}

/** One at a time finds states: two would tell the same twice. Held until the transaction ends. */
const lock = "hashtextextended('fleet states', 0)";

export async function lockFleetStates(db: Queryable): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(${lock})`);
}

/** False when another is finding them right now. */
export async function tryLockFleetStates(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ locked: boolean }>(
    `select pg_try_advisory_xact_lock(${lock}) as locked`,
  );
  return row?.locked === true;
}

export async function fleetStatesOf(
  db: Queryable,
  installations: readonly string[],
): Promise<FleetStateRow[]> {
  return db.query<FleetStateRow>(
    `select ${columns} from fleet_states where installation_id = any($1)`,
    [installations],
  );
}

export type FleetFilter = {
  states: readonly FleetState[] | null;
  customer: string | null;
  /** A part of an installation's or customer's name. */
  search: string | null;
};

export async function listFleetStates(
  db: Queryable,
  filter: FleetFilter,
  page: { after: readonly [rank: number, installation: string]; limit: number },
): Promise<FleetStateRow[]> {
  const ranks = (filter.states ?? fleetStates).map((state) => fleetStates.indexOf(state));
  // By rank from the worst to the best of the states: who asks for the few that are retired does not read past all others.
  return db.query<FleetStateRow>(
    `select ${columns} from fleet_states f where (rank, installation_id) > ($1, $2) and ${filtered("$3", "$4")}
        and rank between $5 and $6 and ($7::text[] is null or state = any($7))
      order by rank, installation_id limit $8`,
    [
      ...page.after,
      filter.customer,
      filter.search,
      Math.min(...ranks),
      Math.max(...ranks),
      filter.states,
      page.limit,
    ],
  );
}

/** By state, of all that the filter lets through but for the states themselves; and when it was found. */
export async function countFleetStates(
  db: Queryable,
  filter: FleetFilter,
): Promise<{ state: FleetState; count: number }[]> {
  return db.query(
    `select (array['${fleetStates.join("','")}'])[rank + 1] as state, count(*)::int as count
       from fleet_states where ${filtered("$1", "$2")} group by rank order by rank`,
    [filter.customer, filter.search],
  );
}

function filtered(customer: string, search: string): string {
  return `(${customer}::text is null or customer_id = ${customer})
    and (${search}::text is null or position(${search} in installation_id) > 0
      or position(${search} in coalesce(customer_id, '')) > 0)`;
}

export async function isSmallFleet(db: Queryable, most: number): Promise<boolean> {
  const rows = await db.query<{ count: number }>(
    "select count(*)::int as count from (select from installations limit $1) i",
    [most + 1],
  );
  return (rows[0]?.count ?? 0) <= most;
}

export async function saveFleetStates(
  db: Queryable,
  rows: readonly Omit<FleetStateRow, "rank">[],
): Promise<void> {
  const column = <Value>(read: (row: Omit<FleetStateRow, "rank">) => Value): Value[] =>
    rows.map(read);
  await db.query(
    `insert into fleet_states as f (installation_id, customer_id, state, since, last_covered, silent_from, silent_seconds,
       fallback_from, journals_expected, journals_dead, backlog, agent_version, clock_skew_ms, disk_free_bytes,
       quarantined, next_at, revision, refreshed_at, unreadable_contract)
     select installation_id, customer_id, state, to_timestamp(since), to_timestamp(last_covered),
       to_timestamp(silent_from), silent_seconds, to_timestamp(fallback_from), journals_expected, journals_dead,
       backlog, agent_version, clock_skew_ms, disk_free_bytes, quarantined, to_timestamp(next_at), revision,
       to_timestamp(refreshed_at), unreadable_contract
     from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[],
       $9::int[], $10::int[], $11::int8[], $12::text[], $13::int8[], $14::int8[], $15::int[], $16::int8[],
       $17::int8[], $18::int8[], $19::text[])
     as t (installation_id, customer_id, state, since, last_covered, silent_from, silent_seconds, fallback_from,
       journals_expected, journals_dead, backlog, agent_version, clock_skew_ms, disk_free_bytes, quarantined,
       next_at, revision, refreshed_at, unreadable_contract)
     on conflict (installation_id) do update set
       customer_id = excluded.customer_id, state = excluded.state, since = excluded.since,
       last_covered = excluded.last_covered, silent_from = excluded.silent_from,
       silent_seconds = excluded.silent_seconds, fallback_from = excluded.fallback_from,
       journals_expected = excluded.journals_expected, journals_dead = excluded.journals_dead,
       backlog = excluded.backlog, agent_version = excluded.agent_version, clock_skew_ms = excluded.clock_skew_ms,
       disk_free_bytes = excluded.disk_free_bytes, quarantined = excluded.quarantined, next_at = excluded.next_at,
       revision = excluded.revision, refreshed_at = excluded.refreshed_at,
       unreadable_contract = excluded.unreadable_contract`,
    [
      column((r) => r.installation_id),
      column((r) => r.customer_id),
      column((r) => r.state),
      column((r) => r.since),
      column((r) => r.last_covered),
      column((r) => r.silent_from),
      column((r) => r.silent_seconds),
      column((r) => r.fallback_from),
      column((r) => r.journals_expected),
      column((r) => r.journals_dead),
      column((r) => r.backlog),
      column((r) => r.agent_version),
      column((r) => r.clock_skew_ms),
      column((r) => r.disk_free_bytes),
      column((r) => r.quarantined),
      column((r) => r.next_at),
      column((r) => r.revision),
      column((r) => r.refreshed_at),
      column((r) => r.unreadable_contract),
    ],
  );
}

/** Contracts of which nothing can be read, with how many installations go without their terms. */
export async function unreadableContracts(
  db: Queryable,
  limit: number,
): Promise<{ contract: string; installations: number }[]> {
  return db.query(
    `select unreadable_contract as contract, count(*)::int as installations from fleet_states
      where unreadable_contract is not null group by 1 order by 2 desc, 1 limit $1`,
    [limit],
  );
}
