/**
 * Throughput of `/ingest`, all from interleaved rounds of one run: new reports against a bare server, on ten million
 * stored lines against an empty table, and repeated ones against new ones.
 */

import { startEmbeddedPostgres } from "@submeter/collector/dev/postgres";
import type { Database } from "@submeter/collector/store/database";
import type { Measured } from "../../bench.ts";
import type { Family, Sizes } from "../collector.ts";
import { drive } from "./drive.ts";
import { startBareServer } from "./programs.ts";
import { openJournal, requestOf, type Sealed } from "./sealed.ts";
import { firstHour, newDatabase, openSite, type Site } from "./site.ts";
import { fillStored } from "./stored.ts";

type Rates = { bare: number[]; fresh: number[]; again: number[]; stored: number[] };

/** So many a second are signed ahead of each round: more than any machine of two cores takes. */
const rateMax = 9000;

export const ingestBenches: Family = async (sizes, wanted) => {
  const names = ["ingest", "decay", "duplicates", "bytes_per_report"].map((n) => `collector.${n}`);
  if (!names.some(wanted)) return [];
  const server = await startEmbeddedPostgres();
  const open: { stop(): Promise<void> }[] = [];
  try {
    const bare = await startBareServer(sizes.installations);
    open.push(bare);
    const site = await openSite(await newDatabase(server.url, "bench_fresh"), sizes.installations);
    open.push(site);
    const stored = wanted("collector.decay") ? await storedSite(server.url, sizes) : null;
    if (stored !== null) open.push(stored);
    const rates: Rates = { bare: [], fresh: [], again: [], stored: [] };
    await warmUp([site, ...(stored === null ? [] : [stored])], sizes);
    for (let round = 0; round < sizes.rounds; round += 1) {
      rates.bare.push(await bareRate(bare.port, sizes));
      rates.fresh.push(await freshRate(site, sizes));
      if (wanted("collector.duplicates")) {
        const { answered, seconds } = await site.sendAgain(sizes.secondsOfRound / 2);
        rates.again.push(answered / seconds);
      }
      if (stored !== null) rates.stored.push(await freshRate(stored, sizes));
    }
    const fresh = median(rates.fresh);
    return [
      measured("collector.ingest", fresh, median(rates.bare)),
      ...(stored === null ? [] : [measured("collector.decay", median(rates.stored), fresh)]),
      ...(rates.again.length === 0
        ? []
        : [measured("collector.duplicates", median(rates.again), fresh)]),
      {
        name: "collector.bytes_per_report",
        value: await bytesPerReport(site.database),
        unit: "bytes",
        limit: null,
        ratio: null,
      },
    ].filter(({ name }) => wanted(name));
  } finally {
    for (const one of open) await one.stop();
    await server.stop();
  }
};

async function storedSite(server: string, sizes: Sizes): Promise<Site> {
  const database = await newDatabase(server, "bench_stored");
  const sample = openJournal(0, firstHour(), 1);
  sample.seal();
  await fillStored(database, {
    installations: sizes.installations,
    lines: sizes.storedLines,
    before: firstHour(),
    sample: sample.seal(),
  });
  return openSite(database, sizes.installations);
}

/** The first report of each journal makes its row and proves its key: once in its life, so it is not measured. */
async function warmUp(sites: readonly Site[], { installations }: Sizes): Promise<void> {
  for (const site of sites) {
    site.prepare(installations);
    await site.sendNew(Infinity);
    await site.database.query("checkpoint");
  }
}

async function freshRate(site: Site, { secondsOfRound }: Sizes): Promise<number> {
  site.prepare(secondsOfRound * rateMax);
  const { answered, seconds } = await site.sendNew(secondsOfRound);
  return answered / seconds;
}

async function bareRate(port: number, sizes: Sizes): Promise<number> {
  const requests = Array.from({ length: 5000 }, (_, index) =>
    requestOf(laterReportOf(index % sizes.installations)),
  );
  const endless = (function* () {
    for (;;) yield* requests;
  })();
  const secondsMax = sizes.secondsOfRound / 2;
  const driven = await drive({ port, connections: 256, requests: endless, secondsMax });
  if (driven.statuses.get(200) !== driven.answered) throw new Error("the bare server refused");
  return driven.answered / driven.seconds;
}

/** Like those that the collector gets while it is measured: signed with HMAC alone. */
function laterReportOf(index: number): Sealed {
  const journal = openJournal(index, firstHour());
  journal.seal();
  return journal.seal();
}

/** Of a report in all tables and indexes that grow with reports. */
async function bytesPerReport(database: Database): Promise<number> {
  const [row] = await database.query<{ bytes: number }>(
    `select (sum(pg_total_relation_size(oid)) / (select count(*) from reports))::int as bytes from pg_class
      where relname in ('reports', 'usage_windows') or relname like 'report_bodies_%' and relkind = 'r'`,
  );
  return row?.bytes ?? 0;
}

function measured(name: string, value: number, limit: number): Measured {
  const ratio = Math.round((value / limit) * 1000) / 1000;
  return { name, value: Math.round(value), unit: "reports/s", limit: Math.round(limit), ratio };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] =
    sorted.length % 2 === 1
      ? [sorted[middle], sorted[middle]]
      : sorted.slice(middle - 1, middle + 1);
  return (low + high) / 2;
}
