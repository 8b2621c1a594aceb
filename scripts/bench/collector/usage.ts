/**
 * `GET /api/v1/usage` for a month, over HTTP, beside the bare SQL that sums the same lines by day: 100,000 installations,
 * a hundred of them to a customer, and ten million lines of one month.
 */

import { startEmbeddedPostgres } from "@submeter/collector/dev/postgres";
import { issueFirstToken } from "@submeter/collector/commands/init";
import type { Database } from "@submeter/collector/store/database";
import { systemClock } from "@submeter/collector/system-clock";
import { systemRandom } from "@submeter/collector/system-random";
import type { Measured } from "../../bench.ts";
import type { Family } from "../collector.ts";
import { startCollector } from "./programs.ts";
import { newDatabase } from "./site.ts";

const installationsMax = 100_000;
const installationsOfCustomer = 100;
const month = { from: "2026-10-01", to: "2026-10-31", end: "2026-11-01" };
const plan = JSON.stringify({
  version: 1,
  id: "standard",
  currency: "USD",
  meters: [{ name: "requests", unit: "unit", aggregation: "sum", scale: 0 }],
  lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
});
const asked = 300;
const warmedUp = 30;

export const usageBenches: Family = async (sizes, wanted) => {
  if (!wanted("collector.usage")) return [];
  const installations = Math.min(installationsMax, Math.ceil(sizes.storedLines / 100));
  const server = await startEmbeddedPostgres();
  try {
    const database = await newDatabase(server.url, "bench_usage");
    await fillMonth(database, { installations, lines: sizes.storedLines });
    const token = await issueFirstToken({ database, clock: systemClock, random: systemRandom });
    const collector = await startCollector(database.url);
    try {
      const url = `http://127.0.0.1:${collector.port}/api/v1/usage?from=${month.from}&to=${month.to}`;
      const customers = Math.ceil(installations / installationsOfCustomer);
      const times: { usage: number[]; bare: number[] } = { usage: [], bare: [] };
      for (let n = -warmedUp; n < asked; n += 1) {
        const customer = `customer-${(n + warmedUp) % customers}`;
        const usage = await milliseconds(() => ask(`${url}&customer=${customer}`, token ?? ""));
        const bare = await milliseconds(() => sumBare(database, customer));
        if (n < 0) continue;
        times.usage.push(usage);
        times.bare.push(bare);
      }
      return [measured(percentile99(times.usage), percentile99(times.bare))];
    } finally {
      await collector.stop();
      await database.close();
    }
  } finally {
    await server.stop();
  }
};

async function ask(url: string, token: string): Promise<void> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const { rows, complete } = (await answer.json()) as { rows?: unknown[]; complete?: boolean };
  if (rows === undefined || rows.length < 31 || complete !== true) {
    throw new Error(`${answer.status}: the month is not answered`);
  }
}

async function sumBare(database: Database, customer: string): Promise<void> {
  await database.query(
    `select date_trunc('day', u.window_start, 'UTC') as at, u.meter, sum(u.quantity)::text as quantity
       from assignments a join usage_hourly u on u.installation_id = a.installation_id
      where a.customer_id = $1 and u.window_start >= $2 and u.window_start < $3
      group by 1, 2 order by 1, 2`,
    [customer, `${month.from}T00:00:00Z`, `${month.end}T00:00:00Z`],
  );
}

/** Each installation has as many hours of the month, spread over it, as make up the lines. */
async function fillMonth(
  database: Database,
  { installations, lines }: { installations: number; lines: number },
): Promise<void> {
  const hours = Math.floor(lines / installations);
  const site = "'site-' || lpad(i::text, 6, '0')";
  const customer = `'customer-' || i / ${installationsOfCustomer}`;
  const sites = `generate_series(0, ${installations - 1}) i`;
  const begun = "timestamptz '2026-09-01T00:00:00Z'";
  const statements = [
    `insert into customers (id, name, created_at) select distinct ${customer}, ${customer}, ${begun} from ${sites}`,
    `insert into installations (id, enrolled_at, subject_routing, created_at) select ${site}, ${begun}, false, ${begun} from ${sites}`,
    `insert into assignments (installation_id, customer_id, from_at) select ${site}, ${customer}, ${begun} from ${sites}`,
    `insert into installation_meters (installation_id, name, unit, aggregation, scale, first_seen_at)
     select ${site}, m, 'unit', 'sum', 0, ${begun} from ${sites}, unnest(array['requests', 'tokens', 'gpu_seconds']) m`,
    `insert into journals (installation_id, journal, first_recorded_at, last_recorded_at, first_covered_at, covered_through, through, highest)
     select ${site}, md5(i::text)::uuid, ${begun}, '${month.end}', ${begun}, '2027-01-01', 720, 720 from ${sites}`,
    `insert into plans (id, version, document, digest, created_at, created_by) values ('standard', 1, '${plan}', '', ${begun}, 'bench')`,
    `insert into contracts (id, version, customer_id, plan_id, plan_version, document, digest, effective_from, term_from, created_at, created_by)
     select id, 1, id, 'standard', 1, json_build_object('version', 1, 'id', id, 'customer', id, 'plan', json_build_object('id', 'standard', 'version', 1),
       'term', json_build_object('from', '2026-09-01T00:00:00Z', 'to', null), 'cycle', json_build_object('every', 'month'))::text, '', ${begun}, ${begun}, ${begun}, 'bench' from customers`,
    // Nothing is to be closed meanwhile.
    "insert into close_schedule (contract_id, look_at) select id, '2099-01-01' from customers",
    `insert into usage_windows (installation_id, journal, window_start, lines)
     select ${site}, md5(i::text)::uuid, timestamptz '${month.from}T00:00:00Z' + make_interval(hours => n * 744 / ${hours}),
       array[(i + n) % 100000 || ' ' || (array['requests', 'tokens', 'gpu_seconds'])[n % 3 + 1] ||
             ' {"model":"' || (array['large', 'medium', 'small', 'embedding'])[n % 4 + 1] || '"}']
     from ${sites}, generate_series(0, ${hours - 1}) n`,
    "vacuum analyze",
    "checkpoint",
  ];
  for (const statement of statements) await database.query(statement);
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function percentile99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? 0;
}

/** Under 150 ms, or at most three times the bare SQL. */
function measured(value: number, limit: number): Measured {
  const rounded = (ms: number) => Math.round(ms * 10) / 10;
  return {
    name: "collector.usage",
    value: rounded(value),
    unit: "ms at the 99th percentile",
    limit: rounded(limit),
    ratio: value / limit,
  };
}
