/**
 * `submeter fleet` over a hundred thousand installations, beside the bare statements of the same page in the same run; and
 * how long it takes to find the state of all of them anew, as after an outage of the collector.
 */

import { fleetTerms } from "@submeter/collector/billing/fleet-terms";
import { issueFirstToken } from "@submeter/collector/commands/init";
import { startEmbeddedPostgres } from "@submeter/collector/dev/postgres";
import { refreshFleetStates } from "@submeter/collector/fleet/refresh-states";
import type { Database } from "@submeter/collector/store/database";
import {
  countFleetStates,
  type FleetFilter,
  listFleetStates,
} from "@submeter/collector/store/fleet-states";
import { systemClock } from "@submeter/collector/system-clock";
import { systemRandom } from "@submeter/collector/system-random";
import type { Measured } from "../../bench.ts";
import type { Family } from "../collector.ts";
import { enrol } from "./enrolled.ts";
import { startCollector } from "./programs.ts";
import { newDatabase } from "./site.ts";

const installations = 100_000;
const secondsPerHour = 3600;
const requests = 400;
/** What a screen shows at once. */
const pageRows = 50;

/** As an operator asks: the first page, one state, a part of a name, one customer, somewhere in the middle. */
const asked: readonly { query: string; filter: FleetFilter; after: readonly [number, string] }[] = [
  { query: "", filter: { states: null, customer: null, search: null }, after: [-1, ""] },
  {
    query: "&state=late,offline",
    filter: { states: ["late", "offline"], customer: null, search: null },
    after: [-1, ""],
  },
  {
    query: "&search=0421",
    filter: { states: null, customer: null, search: "0421" },
    after: [-1, ""],
  },
  {
    query: "&customer=customer-77",
    filter: { states: null, customer: "customer-77", search: null },
    after: [-1, ""],
  },
  {
    query: `&cursor=${Buffer.from(JSON.stringify([5, "site-050000"])).toString("base64url")}`,
    filter: { states: null, customer: null, search: null },
    after: [5, "site-050000"],
  },
];

export const fleetBenches: Family = async (sizes, wanted) => {
  if (!wanted("collector.fleet")) return [];
  const server = await startEmbeddedPostgres();
  const open: { stop(): Promise<void> }[] = [server];
  try {
    const database = await newDatabase(server.url, "bench_fleet");
    open.push({ stop: () => database.close() });
    await fill(database, sizes.storedLines);
    const found = await elapsed(() =>
      refreshFleetStates({ database, clock: systemClock, terms: fleetTerms }),
    );
    await database.query("vacuum analyze");
    const token = await issueFirstToken({ database, clock: systemClock, random: systemRandom });
    const program = await startCollector(database.url);
    open.push(program);
    const get = async (query: string) => {
      const answer = await fetch(
        `http://127.0.0.1:${program.port}/api/v1/fleet?limit=${pageRows}${query}`,
        { headers: { authorization: `Bearer ${token}` } },
      );
      if (answer.status !== 200) throw new Error(`the fleet answered ${answer.status}`);
      await answer.arrayBuffer();
    };
    const times: number[] = [];
    const bare: number[] = [];
    for (let index = 0; index < requests + 50; index += 1) {
      const { query, filter, after } = asked[index % asked.length] as (typeof asked)[number];
      const here = await elapsed(() => get(query));
      const there = await elapsed(() => bareSql(database, filter, after));
      // The first ones fill caches and compile.
      if (index < 50) continue;
      times.push(here);
      bare.push(there);
    }
    const [value, limit] = [p99(times), p99(bare)];
    return [
      { name: "collector.fleet", value, unit: "ms, p99", limit, ratio: value / limit },
      {
        name: "collector.fleet.found_anew",
        value: Math.round(installations / (found / 1000)),
        unit: "installations/s",
        limit: null,
        ratio: null,
      },
    ] satisfies Measured[];
  } finally {
    for (const one of open.toReversed()) await one.stop();
  }
};

async function bareSql(
  database: Database,
  filter: FleetFilter,
  after: readonly [number, string],
): Promise<void> {
  await Promise.all([
    countFleetStates(database, filter),
    listFleetStates(database, filter, { after, limit: pageRows + 1 }),
  ]);
}

/** A journal each, of which some are late, some offline and some skewed; and the hours that they counted. */
async function fill(database: Database, lines: number): Promise<void> {
  const now = Math.floor(Date.now() / 1000 / secondsPerHour) * secondsPerHour;
  const enrolledAt = now - 4000 * secondsPerHour;
  const batch = 10_000;
  for (let first = 0; first < installations; first += batch) {
    await enrol(database, { first, count: batch, enrolledAt });
  }
  await database.query(
    `insert into availability (instance, started_at, last_tick_at, public_key, signature)
     values (md5('bench')::uuid, to_timestamp($1), now(), 'bench', '')`,
    [enrolledAt],
  );
  await database.query(
    `insert into journals (installation_id, journal, first_recorded_at, last_recorded_at, first_covered_at,
       covered_through, through, highest, revision, agent_version, clock_skew_ms, backlog, disk_free_bytes, interval_seconds)
     select 'site-' || lpad(i::text, 6, '0'), md5('journal ' || i)::uuid, to_timestamp($2), to_timestamp($1),
       to_timestamp($2), to_timestamp($1 - case when i % 500 = 1 then 360000 when i % 50 = 2 then 36000 else 0 end),
       4000, 4000, 4000, '1.' || (i % 3) || '.0', case when i % 200 = 3 then 900000 else 0 end, 0, 10000000000, 3600
     from generate_series(0, $3::int - 1) i`,
    [now, enrolledAt, installations],
  );
  await database.query(
    `insert into usage_windows (installation_id, journal, window_start, lines)
     select 'site-' || lpad(i::text, 6, '0'), md5('journal ' || i)::uuid, to_timestamp($1 - 3600 * (n + 1)), array[i + n || ' requests {}']
     from generate_series(0, $2::int - 1) i, generate_series(0, $3::int - 1) n`,
    [now, installations, Math.ceil(lines / installations)],
  );
}

async function elapsed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

function p99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length * 0.99)] ?? 0) * 10) / 10;
}
