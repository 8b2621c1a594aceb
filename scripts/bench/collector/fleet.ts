/**
 * `submeter fleet` over a hundred thousand installations, beside the bare statements of the same page in the same run: pages
 * as operators ask for them, and all of them one after the other; one installation with its hours; and how long it takes to
 * find the state of all of them anew, as after an outage of the collector.
 */

import { fleetTerms } from "@submeter/collector/billing/fleet-terms";
import { refreshFleetStates } from "@submeter/collector/fleet/refresh-states";
import type { Database } from "@submeter/collector/store/database";
import {
  countFleetStates,
  type FleetFilter,
  listFleetStates,
} from "@submeter/collector/store/fleet-states";
import { systemClock } from "@submeter/collector/system-clock";
import type { Measured } from "../../bench.ts";
import { installations, type LargeFleet, p99 } from "./large-fleet.ts";

const requests = 400;
const warmedUp = 50;
/** What a screen shows at once, and what `--limit all` asks for. */
const pageRows = 50;
const pageRowsMax = 1000;

/** As an operator asks: the first page, two states, one that nobody is in, a part of a name, one customer, somewhere in the middle. */
const asked: readonly { query: string; filter: FleetFilter; after: readonly [number, string] }[] = [
  { query: "", filter: { states: null, customer: null, search: null }, after: [-1, ""] },
  {
    query: "&state=late,offline",
    filter: { states: ["late", "offline"], customer: null, search: null },
    after: [-1, ""],
  },
  {
    query: "&state=retired",
    filter: { states: ["retired"], customer: null, search: null },
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

/** Answers how many a second. */
export async function findAnew(database: Database): Promise<Measured> {
  const found = await elapsed(() =>
    refreshFleetStates({ database, clock: systemClock, terms: fleetTerms }),
  );
  await database.query("vacuum analyze fleet_states");
  return {
    name: "collector.fleet.found_anew",
    value: Math.round(installations / (found / 1000)),
    unit: "installations/s",
    limit: null,
    ratio: null,
  };
}

export async function fleetBenches({ database, get }: LargeFleet): Promise<readonly Measured[]> {
  const times: { page: number[]; bare: number[]; one: number[] } = { page: [], bare: [], one: [] };
  for (let index = -warmedUp; index < requests; index += 1) {
    const kind = asked[(index + warmedUp) % asked.length];
    if (kind === undefined) throw new RangeError("nothing is asked");
    const page = await get(`/fleet?limit=${pageRows}${kind.query}`);
    const bare = await elapsed(() => bareSql(database, kind.filter, kind.after));
    const name = `site-${String(((index + warmedUp) * 7919) % installations).padStart(6, "0")}`;
    const one = await get(`/fleet/${name}?days=31`);
    // The first ones fill caches and compile.
    if (index < 0) continue;
    times.page.push(page);
    times.bare.push(bare);
    times.one.push(one);
  }
  const pages = await allPages(get);
  const [value, limit] = [p99(times.page), p99(times.bare)];
  const alone = (name: string, unit: string, measured: number): Measured => {
    return { name: `collector.fleet.${name}`, value: measured, unit, limit: null, ratio: null };
  };
  return [
    { name: "collector.fleet", value, unit: "ms, p99", limit, ratio: value / limit },
    alone("one", "ms, p99", p99(times.one)),
    alone("pages_of_1000", "ms, p99", p99(pages)),
    alone("all_pages", "ms", Math.round(pages.reduce((a, b) => a + b, 0))),
  ];
}

/** From the first to the last, each installation once. */
async function allPages(get: LargeFleet["get"]): Promise<number[]> {
  const times: number[] = [];
  const seen = new Set<string>();
  let next: string | null = "";
  while (next !== null) {
    const cursor: string = next === "" ? "" : `&cursor=${next}`;
    times.push(
      await get(`/fleet?limit=${pageRowsMax}${cursor}`, (answer) => {
        const page = answer as { items: { installation: string }[]; next: string | null };
        for (const { installation } of page.items) seen.add(installation);
        ({ next } = page);
      }),
    );
  }
  if (seen.size !== installations) throw new Error(`${seen.size} installations are listed`);
  return times;
}

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

async function elapsed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}
