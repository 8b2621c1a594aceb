/**
 * A hundred thousand installations, a hundred to a customer with a contract, and ten million lines in one month: what the
 * reading benches ask. Filled in the order of time, as reports come, by two connections, the primary key afterwards. Nothing
 * is measured here that fsync would slow, so PostgreSQL goes without.
 */

import { issueFirstToken } from "@submeter/collector/commands/init";
import { startEmbeddedPostgres } from "@submeter/collector/dev/postgres";
import type { Database } from "@submeter/collector/store/database";
import { systemClock } from "@submeter/collector/system-clock";
import { systemRandom } from "@submeter/collector/system-random";
import { enrol } from "./enrolled.ts";
import { startCollector } from "./programs.ts";
import { newDatabase } from "./site.ts";

export const installations = 100_000;
export const installationsOfCustomer = 100;
const secondsPerHour = 3600;
const secondsPerDay = 24 * secondsPerHour;

export type LargeFleet = {
  readonly database: Database;
  /** The whole of it was over before the latest of the installations fell silent. */
  readonly month: Month;
  /** Answers the milliseconds until the last byte; throws unless the answer is 200. `take` gets the answer. */
  readonly get: (path: string, take?: (answer: unknown) => void) => Promise<number>;
  stop(): Promise<void>;
};

export type Month = { readonly from: string; readonly to: string; readonly end: string };

/** `between` runs when everything is filled and no collector is there yet. */
export async function openLargeFleet(
  lines: number,
  between: (database: Database) => Promise<void>,
): Promise<LargeFleet> {
  const server = await startEmbeddedPostgres({ fsync: false });
  const open: { stop(): Promise<void> }[] = [server];
  const stop = async () => {
    for (const one of open.toReversed()) await one.stop();
  };
  try {
    const database = await newDatabase(server.url, "bench_fleet");
    open.push({ stop: () => database.close() });
    const now = Math.floor(Date.now() / 1000 / secondsPerHour) * secondsPerHour;
    const month = monthBefore(now - 8 * secondsPerDay);
    await fill(database, { now, month, hours: Math.ceil(lines / installations) });
    await between(database);
    const token = await issueFirstToken({ database, clock: systemClock, random: systemRandom });
    const program = await startCollector(database.url);
    open.push(program);
    // As the minute's job leaves it once the collector is there again: that is measured by itself.
    await database.query("update fleet_states set refreshed_at = now()");
    await database.query("vacuum analyze fleet_states");
    const headers = { authorization: `Bearer ${token}` };
    return {
      database,
      month,
      get: async (path, take) => {
        const started = performance.now();
        const answer = await fetch(`http://127.0.0.1:${program.port}/api/v1${path}`, { headers });
        const text = await answer.text();
        const milliseconds = performance.now() - started;
        if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text}`);
        take?.(JSON.parse(text));
        return milliseconds;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What one in a hundred of the values is above. */
export function p99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0) * 10) / 10;
}

/** The last calendar month that is over at `at`. */
function monthBefore(at: number): Month {
  const date = new Date(at * 1000);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const day = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 10);
  const end = Date.UTC(year, month, 1);
  return {
    from: day(Date.UTC(year, month - 1, 1)),
    to: day(end - secondsPerDay * 1000),
    end: day(end),
  };
}

const plan = JSON.stringify({
  version: 1,
  id: "standard",
  currency: "USD",
  meters: [{ name: "requests", unit: "unit", aggregation: "sum", scale: 0 }],
  lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
});

type Filled = { now: number; month: Month; hours: number };

async function fill(database: Database, { now, month, hours }: Filled): Promise<void> {
  const enrolledAt = now - 4000 * secondsPerHour;
  const batch = 10_000;
  for (let first = 0; first < installations; first += batch) {
    await enrol(database, { first, count: batch, enrolledAt, ofCustomer: installationsOfCustomer });
  }
  const site = "'site-' || lpad(i::text, 6, '0')";
  const journal = "md5('journal ' || i)::uuid";
  const sites = `generate_series(0, ${installations - 1}) i`;
  const begun = `to_timestamp(${enrolledAt})`;
  const term = new Date(enrolledAt * 1000).toISOString().replace(".000", "");
  const statements = [
    `insert into availability (instance, started_at, last_tick_at, public_key, signature)
     values (md5('bench')::uuid, ${begun}, now(), 'bench', '')`,
    `insert into plans (id, version, document, digest, created_at, created_by)
     values ('standard', 1, '${plan}', '', ${begun}, 'bench')`,
    `insert into contracts (id, version, customer_id, plan_id, plan_version, document, digest, effective_from, term_from, created_at, created_by)
     select id, 1, id, 'standard', 1, json_build_object('version', 1, 'id', id, 'customer', id, 'plan', json_build_object('id', 'standard', 'version', 1),
       'term', json_build_object('from', '${term}', 'to', null), 'cycle', json_build_object('every', 'month'))::text, '', ${begun}, ${begun}, ${begun}, 'bench' from customers`,
    // Nothing is to be closed meanwhile.
    "insert into close_schedule (contract_id, look_at) select id, '2099-01-01' from customers",
    `insert into installation_meters (installation_id, name, unit, aggregation, scale, first_seen_at)
     select ${site}, m, 'unit', 'sum', 0, ${begun} from ${sites}, unnest(array['requests', 'tokens', 'gpu_seconds']) m`,
    // Some are late, some offline and some skewed.
    `insert into journals (installation_id, journal, first_recorded_at, last_recorded_at, first_covered_at,
       covered_through, through, highest, revision, agent_version, clock_skew_ms, backlog, disk_free_bytes, interval_seconds)
     select ${site}, ${journal}, ${begun}, to_timestamp(${now}), ${begun},
       to_timestamp(${now} - case when i % 500 = 1 then 360000 when i % 50 = 2 then 36000 else 0 end),
       4000, 4000, 4000, '1.' || (i % 3) || '.0', case when i % 200 = 3 then 900000 else 0 end, 0, 10000000000, 3600
     from ${sites}`,
    "alter table usage_windows drop constraint usage_windows_pkey",
    "alter table usage_windows set unlogged",
  ];
  for (const statement of statements) await database.query(statement);
  const days = (Date.parse(month.end) - Date.parse(month.from)) / 1000 / secondsPerDay;
  // Each hour of the month has some; of one installation they are spread over all of it.
  const filledBy = (first: number, last: number) =>
    database.query(
      `insert into usage_windows (installation_id, journal, window_start, lines)
       select ${site}, ${journal}, timestamptz '${month.from}T00:00:00Z' + make_interval(hours => (n * ${days * 24} / ${hours} + i * 7) % ${days * 24}),
         array[(i + n) % 100000 || ' ' || (array['requests', 'tokens', 'gpu_seconds'])[n % 3 + 1] ||
               ' {"model":"' || (array['large', 'medium', 'small', 'embedding'])[n % 4 + 1] || '"}']
       from generate_series(0, ${hours - 1}) n, generate_series(${first}, ${last}) i`,
    );
  const middle = installations / 2;
  await Promise.all([filledBy(0, middle - 1), filledBy(middle, installations - 1)]);
  await database.transaction(async (transaction) => {
    await transaction.query("set local maintenance_work_mem = '1GB'");
    await transaction.query(
      "alter table usage_windows add constraint usage_windows_pkey primary key (installation_id, window_start, journal)",
    );
  });
  await database.query("vacuum analyze");
}
