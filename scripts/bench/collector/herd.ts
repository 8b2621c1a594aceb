/**
 * A thundering herd: every agent comes back at once with days of backlog, in bundles. Senders behave as agents do: one
 * bundle at a time, what got no receipt is offered again, `Retry-After` and a refused bundle are patience, not an error.
 *
 * Memory is held against three levels of the same run: what the collector is after its start, before any report; the
 * most it was while an ordinary fleet reported hour by hour; and of the herd's last quarter, the most of its first.
 */

import { gzipSync } from "node:zlib";
import { startEmbeddedPostgres } from "@submeter/collector/dev/postgres";
import { bundleMediaType, encodeBundleLine } from "@submeter/shared/wire/bundle";
import { Pool } from "undici";
import type { Measured } from "../../bench.ts";
import type { Family } from "../collector.ts";
import { enrol } from "./enrolled.ts";
import { type Program, startCollector } from "./programs.ts";
import { drive } from "./drive.ts";
import { openJournal, requestOf } from "./sealed.ts";
import { firstHour, newDatabase } from "./site.ts";

const name = "collector.herd";
const backlogHours = 72;
const intervalSeconds = 3600;
/** Of the whole herd: behind any proxy there is a limit, and two cores read no more at once. */
const connections = 256;

/** Installations that report as every hour, before the herd comes, and their hours. */
const ordinary = { installations: 500, hours: 40 };

type Herd = { refusals: Map<number, number>; errors: string[]; newest: number[] };
/** Bytes; of each quarter of the herd the most. */
type Memory = { idle: number; ordinary: number; quarters: number[] };

export const herdBench: Family = async (sizes, wanted) => {
  if (!wanted(name)) return [];
  const server = await startEmbeddedPostgres();
  const database = await newDatabase(server.url, "bench_herd");
  try {
    const enrolledAt = firstHour() - 1000 * intervalSeconds;
    const count = sizes.herd + ordinary.installations;
    await enrol(database, { first: 0, count, enrolledAt });
    const program = await startCollector(database.url);
    const bundles = Array.from({ length: sizes.herd }, (_, index) => bundleOf(index));
    const memory: Memory = { idle: (await program.memory()).now, ordinary: 0, quarters: [] };
    memory.ordinary = await ordinaryHours(program, sizes.herd);
    const herd: Herd = { refusals: new Map(), errors: [], newest: [] };
    const started = performance.now();
    await stampede(program, bundles, { herd, started, memory });
    const seconds = (performance.now() - started) / 1000;
    await program.stop();
    const [row] = await database.query<{ reports: number; drained: number }>(
      "select (select count(*)::int from reports) as reports, (select count(*)::int from journals where through = $1) as drained",
      [backlogHours],
    );
    const reports = sizes.herd * backlogHours;
    const expected = reports + ordinary.installations * ordinary.hours;
    if (herd.errors.length > 0 || row?.reports !== expected || row.drained !== sizes.herd) {
      throw new Error(
        `the herd was not drained: ${JSON.stringify({ ...row, errors: herd.errors.slice(0, 5) })}`,
      );
    }
    const delay = Math.max(...herd.newest);
    const peak = Math.max(...memory.quarters);
    const against = (what: string, value: number, limit: number) =>
      measured(`${name}_memory_${what}`, mebibytes(value), "MiB", mebibytes(limit));
    return [
      measured(name, Math.round(reports / seconds), "reports/s", null),
      measured(`${name}_newest_hour`, Math.ceil(delay), "s", intervalSeconds),
      against("over_idle", peak, memory.idle),
      against("over_ordinary", peak, memory.ordinary),
      against("growth", memory.quarters.at(-1) ?? 0, memory.quarters[0] ?? 0),
      measured(
        `${name}_patience`,
        [...herd.refusals.values()].reduce((a, b) => a + b, 0),
        "answers",
        null,
      ),
    ];
  } finally {
    await database.close();
    await server.stop();
  }
};

/** Answers the most memory that it took. */
async function ordinaryHours(program: Program, first: number): Promise<number> {
  const journals = Array.from({ length: ordinary.installations }, (_, index) =>
    openJournal(first + index, firstHour()),
  );
  const requests = Array.from({ length: ordinary.hours }, () =>
    journals.map((journal) => requestOf(journal.seal())),
  ).flat();
  await program.peakSince();
  const { port } = program;
  await drive({ port, connections, requests: requests.values(), secondsMax: Infinity });
  return program.peakSince();
}

/** The whole backlog of an installation: 72 reports of twelve lines, gzipped as agents do. */
function bundleOf(index: number): Buffer {
  const journal = openJournal(index, firstHour());
  const lines = Array.from({ length: backlogHours }, () => encodeBundleLine(journal.seal()));
  return gzipSync(lines.join(""), { level: 1 });
}

async function stampede(
  program: Program,
  bundles: readonly Buffer[],
  { herd, started, memory }: { herd: Herd; started: number; memory: Memory },
): Promise<void> {
  const origin = `http://127.0.0.1:${program.port}`;
  const pool = new Pool(origin, { connections, bodyTimeout: 0, headersTimeout: 0 });
  const quarter = Math.ceil(bundles.length / 4);
  try {
    await Promise.all(
      bundles.map(async (bundle) => {
        while (!(await isDelivered(pool, bundle, herd))) await backOff();
        const drained = herd.newest.push((performance.now() - started) / 1000);
        if (drained % quarter === 0 || drained === bundles.length) {
          memory.quarters.push(await program.peakSince());
        }
      }),
    );
  } finally {
    await pool.close();
  }
}

/** True when each line has its receipt. */
async function isDelivered(pool: Pool, bundle: Buffer, herd: Herd): Promise<boolean> {
  const request = pool.request({
    path: "/ingest",
    method: "POST",
    headers: { "content-type": bundleMediaType, "content-encoding": "gzip" },
    body: bundle,
  });
  // A connection that is closed before the bundle was sent whole is what a refusal looks like from here.
  const answer = await request.catch(() => null);
  if (answer === null) return refused(herd, 503);
  const text = await answer.body.text();
  if (answer.statusCode !== 200) return refused(herd, answer.statusCode);
  const statuses = text
    .split("\n")
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { status: number }).status);
  const later = statuses.find((status) => status !== 200);
  return later === undefined ? true : refused(herd, later);
}

/** 429 and 503 are what an agent waits out; anything else it would not get over. */
function refused(herd: Herd, status: number): false {
  herd.refusals.set(status, (herd.refusals.get(status) ?? 0) + 1);
  if (status !== 429 && status !== 503) herd.errors.push(`status ${status}`);
  return false;
}

/** Full jitter, as agents do, though with less patience: a bench need not take as long as a field. */
async function backOff(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, Math.random() * 5000);
  await promise;
}

function measured(what: string, value: number, unit: string, limit: number | null): Measured {
  const ratio = limit === null ? null : Math.round((value / limit) * 1000) / 1000;
  return { name: what, value, unit, limit, ratio };
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
