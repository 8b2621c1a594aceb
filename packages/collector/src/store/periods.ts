/** Closed periods, and the reasons to compute them again. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

/** `opening`: only the fees in advance of the first period. */
export type Scope = "opening" | "period";

export type StoredPeriod = {
  readonly contract_id: string;
  readonly scope: Scope;
  readonly period_from: Instant;
  readonly period_to: Instant;
  readonly customer_id: string;
  readonly closed_at: Instant;
  readonly statement_number: number;
  readonly settled_at: Instant | null;
  readonly settled_by: "measured" | "time" | null;
  /** Where the cycle is counted from the first usage: that hour, frozen. */
  readonly anchor: Instant | null;
  /** Where the newest statement's evidence begins, when that is before the period: an estimate's history. */
  readonly rests_on_from: Instant | null;
};

/** What names a closed period. */
export type PeriodKey = {
  readonly contract: string;
  readonly scope: Scope;
  readonly from: Instant;
};

const columns =
  "contract_id, scope, period_from, period_to, customer_id, closed_at, statement_number, settled_at, settled_by, anchor, rests_on_from";

export async function insertPeriod(db: Queryable, period: StoredPeriod): Promise<void> {
  await db.query(
    `insert into periods (${columns}) values ($1, $2, to_timestamp($3), to_timestamp($4), $5,
       to_timestamp($6), $7, to_timestamp($8), $9, to_timestamp($10), to_timestamp($11))`,
    [
      period.contract_id,
      period.scope,
      period.period_from,
      period.period_to,
      period.customer_id,
      period.closed_at,
      period.statement_number,
      period.settled_at,
      period.settled_by,
      period.anchor,
      period.rests_on_from,
    ],
  );
}

/** Closed periods of a contract, the opening included, oldest first. */
export async function closedPeriods(db: Queryable, contract: string): Promise<StoredPeriod[]> {
  return db.query<StoredPeriod>(
    `select ${columns} from periods where contract_id = $1 order by period_from, scope`,
    [contract],
  );
}

/** A newer statement of it: perhaps with another end (a contract that ended inside), perhaps settled by it. */
export async function recordRecomputed(
  db: Queryable,
  key: PeriodKey,
  recomputed: {
    number: number;
    periodTo: Instant;
    settledAt: Instant | null;
    restsOnFrom: Instant | null;
  },
): Promise<void> {
  await db.query(
    `update periods set statement_number = $4, period_to = to_timestamp($5),
       settled_at = to_timestamp($6), settled_by = case when $6::float8 is null then null else 'measured' end,
       rests_on_from = to_timestamp($7)
     where contract_id = $1 and scope = $2 and period_from = to_timestamp($3)`,
    [
      key.contract,
      key.scope,
      key.from,
      recomputed.number,
      recomputed.periodTo,
      recomputed.settledAt,
      recomputed.restsOnFrom,
    ],
  );
}

/** The time for settling is over: nothing more is billed for it. */
export async function recordSettledByTime(
  db: Queryable,
  key: PeriodKey,
  at: Instant,
): Promise<void> {
  await db.query(
    `update periods set settled_at = to_timestamp($4), settled_by = 'time'
     where contract_id = $1 and scope = $2 and period_from = to_timestamp($3)`,
    [key.contract, key.scope, key.from, at],
  );
}

/** Of several contracts at once. */
export async function closedPeriodsOfAll(
  db: Queryable,
  contracts: readonly string[],
): Promise<StoredPeriod[]> {
  return db.query<StoredPeriod>(
    `select ${columns} from periods where contract_id = any($1::text[])
     order by contract_id, period_from, scope`,
    [contracts],
  );
}

/** Provisional periods, by age. */
export async function unsettledPeriods(db: Queryable): Promise<StoredPeriod[]> {
  return db.query<StoredPeriod>(
    `select ${columns} from periods where settled_at is null order by period_to, contract_id`,
  );
}

export type Mark = {
  readonly contract_id: string;
  readonly scope: Scope;
  readonly period_from: Instant;
  readonly reason: string;
  readonly marked_at: Instant;
  readonly last_marked_at: Instant;
};

/** Marks the closed periods of a contract that overlap [from, to); `to` null: all that end after `from`. */
export async function markPeriods(
  db: Queryable,
  mark: {
    contract: string;
    scopes: readonly Scope[];
    from: Instant;
    to: Instant | null;
    reason: string;
    at: Instant;
  },
): Promise<Instant[]> {
  const rows = await db.query<{ period_from: Instant }>(
    `insert into period_marks (contract_id, scope, period_from, reason, marked_at, last_marked_at)
     select contract_id, scope, period_from, $5, to_timestamp($6), to_timestamp($6) from periods
     where contract_id = $1 and scope = any($2::text[]) and period_to > to_timestamp($3)
       and ($4::float8 is null or period_from < to_timestamp($4))
     on conflict (contract_id, scope, period_from, reason)
       do update set last_marked_at = excluded.last_marked_at
     returning period_from`,
    [mark.contract, mark.scopes, mark.from, mark.to, mark.reason, mark.at],
  );
  return rows.map((row) => row.period_from).toSorted((a, b) => a - b);
}

/** Marks of one contract, by period. */
export async function marksOf(db: Queryable, contract: string): Promise<Mark[]> {
  return db.query<Mark>(
    `select contract_id, scope, period_from, reason, marked_at, last_marked_at from period_marks
     where contract_id = $1 order by period_from, scope, reason`,
    [contract],
  );
}

/** Every mark, by contract and period. */
export async function allMarks(db: Queryable): Promise<Mark[]> {
  return db.query<Mark>(
    `select contract_id, scope, period_from, reason, marked_at, last_marked_at from period_marks
     order by contract_id, period_from, scope, reason`,
  );
}

export async function clearMarks(db: Queryable, key: PeriodKey): Promise<void> {
  await db.query(
    `delete from period_marks
     where contract_id = $1 and scope = $2 and period_from = to_timestamp($3)`,
    [key.contract, key.scope, key.from],
  );
}
