/** `GET /api/v1/usage` of a customer for a month, over HTTP, beside the bare SQL that sums the same lines by day. */

import type { Database } from "@submeter/collector/store/database";
import type { Measured } from "../../bench.ts";
import {
  installations,
  installationsOfCustomer,
  type LargeFleet,
  type Month,
  p99,
} from "./large-fleet.ts";

const asked = 300;
const warmedUp = 30;

/** Under 150 ms, or at most three times the bare SQL. */
export async function usageBenches({
  database,
  month,
  get,
}: LargeFleet): Promise<readonly Measured[]> {
  const customers = installations / installationsOfCustomer;
  const times: { usage: number[]; bare: number[] } = { usage: [], bare: [] };
  for (let n = -warmedUp; n < asked; n += 1) {
    const customer = `customer-${(n + warmedUp) % customers}`;
    const query = `from=${month.from}&to=${month.to}&customer=${customer}`;
    const usage = await get(`/usage?${query}`, assertWhole);
    const bare = await elapsed(() => sumBare(database, customer, month));
    if (n < 0) continue;
    times.usage.push(usage);
    times.bare.push(bare);
  }
  const [value, limit] = [p99(times.usage), p99(times.bare)];
  return [{ name: "collector.usage", value, unit: "ms, p99", limit, ratio: value / limit }];
}

function assertWhole(answer: unknown): void {
  const { rows, complete } = answer as { rows: unknown[]; complete: boolean };
  if (rows.length < 28 || !complete) throw new Error("the month is not answered");
}

async function sumBare(database: Database, customer: string, month: Month): Promise<void> {
  await database.query(
    `select date_trunc('day', u.window_start, 'UTC') as at, u.meter, sum(u.quantity)::text as quantity
       from assignments a join usage_hourly u on u.installation_id = a.installation_id
      where a.customer_id = $1 and u.window_start >= $2 and u.window_start < $3
      group by 1, 2 order by 1, 2`,
    [customer, `${month.from}T00:00:00Z`, `${month.end}T00:00:00Z`],
  );
}

async function elapsed(run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}
