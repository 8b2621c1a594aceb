/**
 * The door to PostgreSQL: a pool of connections, and transactions as scopes.
 *
 * How values travel:
 * - `timestamptz` comes back as an Instant (whole Unix seconds); it goes in as `to_timestamp($n)`.
 * - `numeric` comes back as a string, because a float never touches a quantity or an amount;
 *   write `trim_scale(...)` where trailing zeros would be seen. Decimal strings go in as they are.
 * - `int8` (bigint) comes back as a bigint; cast counts with `::int` and sequences with {@link safeNumber}.
 * - `jsonb` comes back parsed; stringify what goes in. `bytea` is a Buffer both ways.
 */

import type { Writable } from "node:stream";
import pg from "pg";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { type Instant, tryInstant } from "@submeter/shared/time/instant";
import { openEnclosure } from "./enclosure.ts";

export interface Queryable {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export type Isolation = "read committed" | "repeatable read";

export interface Database extends Queryable {
  /** Commits when `run` resolves, rolls back when it rejects. */
  transaction<T>(
    run: (transaction: Queryable) => Promise<T>,
    options?: { isolation?: Isolation },
  ): Promise<T>;
  /** Everything that `work` asks this database runs in one transaction, which commits when `work` resolves. */
  enclose<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
  readonly url: string;
}

export type DatabaseOptions = {
  connectionsMax?: number;
  connectionWaitMs?: number;
  applicationName?: string;
  /**
   * For statements that read and write by key alone, such as those of ingest: each is parsed and planned once a
   * connection, and never as a scan, however empty its tables were then. Not through a pooler in transaction mode.
   */
  prepared?: boolean;
  /** For probes: a connection or an answer that takes longer is given up, and its connection closed. */
  patienceMs?: number;
};

/**
 * So long a statement waits for a connection of the pool, or a connection for PostgreSQL: what is asked beyond that is
 * answered 503 with `Retry-After`, rather than kept waiting by thousands.
 */
const connectionWaitMsDefault = 10_000;

const planByKey = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

/** Connects lazily: nothing is opened before the first query. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connectionsMax ?? 10,
    connectionTimeoutMillis: options.connectionWaitMs ?? connectionWaitMsDefault,
    application_name: options.applicationName ?? "submeter-collector",
    // Statements that do not wait for each other's results are sent together and answered together.
    pipeline: true,
    ...(options.patienceMs !== undefined && {
      connectionTimeoutMillis: options.patienceMs,
      query_timeout: options.patienceMs,
    }),
    ...(options.prepared === true && { options: planByKey }),
    types: { getTypeParser: parserOf } as pg.CustomTypesConfig,
  });
  // An idle connection that PostgreSQL closes is replaced at the next query; it must not end the program.
  pool.on("error", () => {});
  const enclosure = openEnclosure();
  const names = options.prepared === true ? new Map<string, string>() : null;
  return {
    url,
    query: (text, values) => enclosure.current()?.query(text, values) ?? run(pool, text, values),
    transaction: (body, { isolation = "read committed" } = {}) =>
      enclosure.current() === null
        ? scope(pool, isolation, body, names)
        : enclosure.nested(isolation, body),
    enclose: (work) =>
      scope(pool, "read committed", (transaction) => enclosure.within(transaction, work)),
    close: () => pool.end(),
  };
}

/** A bigint column that counts things (sequences, revisions) as a number; asserts that it is one. */
export function safeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is beyond safe integers`);
  return number;
}

/** True when PostgreSQL could not be asked at all: nothing is wrong with the statement itself. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // SQLSTATE classes 08 (connection), 53 (resources), 57P (operator intervention); else Node's own codes.
  return (
    /^(08|53|57P)/.test(code) ||
    /^E(CONN|PIPE|TIMEDOUT|HOST|NET|AI_)/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect|Query read timeout|timeout expired/.test(
      error.message,
    )
  );
}

/** True when the same transaction may succeed if it is run again (serialization failure, deadlock). */
export function isTransient(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^40(001|P01)$/.test(String(error.code));
}

async function run<Row>(
  target: pg.Pool | pg.PoolClient,
  text: string,
  values: readonly unknown[] = [],
  names: Names = null,
): Promise<Row[]> {
  const name = names === null ? null : nameOf(text, names);
  const result = await target.query({ text, values: [...values], ...(name !== null && { name }) });
  return result.rows as Row[];
}

/** Of prepared statements, by their text; null when statements are not to be prepared. */
type Names = Map<string, string> | null;

function nameOf(text: string, names: Map<string, string>): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `submeter_${names.size + 1}`;
  names.set(text, name);
  return name;
}

async function scope<T>(
  pool: pg.Pool,
  isolation: Isolation,
  body: (transaction: Queryable) => Promise<T>,
  names: Names = null,
): Promise<T> {
  const client = await pool.connect();
  // A connection that dies between two statements reports it as an event too; the statement's own error is enough.
  const ignore = () => {};
  client.on("error", ignore);
  let broken = false;
  try {
    await client.query(`begin isolation level ${isolation}`);
    const together = sentTogether(client);
    const result = await body({
      query: (text, values) => {
        together();
        return run(client, text, values, names);
      },
    });
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => (broken = true));
    throw error;
  } finally {
    client.off("error", ignore);
    client.release(broken);
  }
}

/** What is asked in one turn leaves in one write, where each statement by itself would be a system call of its own. */
function sentTogether(client: pg.PoolClient): () => void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  let held = false;
  return () => {
    if (held) return;
    held = true;
    stream.cork();
    process.nextTick(() => {
      held = false;
      stream.uncork();
    });
  };
}

const typeOids = { int8: 20, timestamptz: 1184, timestamptzArray: 1185 };

function parserOf(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  if (oid === typeOids.int8) return BigInt;
  if (oid === typeOids.timestamptz) return parseTimestamp;
  if (oid === typeOids.timestamptzArray) {
    return (text) =>
      text
        .slice(1, -1)
        .split(",")
        .filter(Boolean)
        .map((t) => parseTimestamp(t.replaceAll('"', "")));
  }
  return pg.types.getTypeParser(oid, format as "text") as (text: string) => unknown;
}

/** `2026-01-05 00:00:00+00`, in whatever zone the session shows it; fractions of a second are cut off. */
function parseTimestamp(text: string): Instant {
  // In a session that shows UTC, as nearly all do. Each report brings several, and this is far sooner done than below.
  const plain = text.endsWith("+00")
    ? tryInstant(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
    : null;
  if (plain !== null) return plain;
  const iso = text.replace(" ", "T").replace(/([+-]\d{2})$/, "$1:00");
  const milliseconds = Date.parse(iso);
  return Number.isNaN(milliseconds) ? parseUnusual(text) : Math.floor(milliseconds / 1000);
}

const unusual =
  /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/;

/** Years before the first and after 9999, and the local times to the second that zones had before 1900. */
function parseUnusual(text: string): Instant {
  const match = unusual.exec(text);
  if (match === null) {
    throw new SubmeterError(
      "timestamp_unreadable",
      `PostgreSQL answered ${JSON.stringify(text)} where an instant was expected`,
      "set datestyle to ISO for the collector's database role",
    );
  }
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1, 7)
    .map(Number);
  const [zoneHours = 0, zoneMinutes = 0, zoneSeconds = 0] = match
    .slice(8, 11)
    .map((part) => Number(part ?? 0));
  const date = new Date(0);
  // 1 BC is the year 0 of ISO 8601.
  date.setUTCFullYear(match[11] === undefined ? year : 1 - year, month - 1, day);
  date.setUTCHours(hours, minutes, seconds);
  const ahead = (zoneHours * 60 + zoneMinutes) * 60 + zoneSeconds;
  return date.getTime() / 1000 - (match[7] === "-" ? -ahead : ahead);
}
