/**
 * A thundering herd: every agent comes back at once with days of backlog, in bundles. Senders behave as agents do: one
 * bundle at a time, what got no receipt is offered again, `Retry-After` and a refused bundle are patience, not an error.
 */

import { gzipSync } from "node:zlib";
import { startEmbeddedPostgres } from "@submeter/collector/dev/postgres";
import { bundleMediaType, encodeBundleLine } from "@submeter/shared/wire/bundle";
import { Pool } from "undici";
import type { Measured } from "../../bench.ts";
import type { Family } from "../collector.ts";
import { enrol } from "./enrolled.ts";
import { startCollector } from "./programs.ts";
import { openJournal } from "./sealed.ts";
import { firstHour, newDatabase } from "./site.ts";

const name = "collector.herd";
const backlogHours = 72;
const intervalSeconds = 3600;
/** Of the whole herd: behind any proxy there is a limit, and two cores read no more at once. */
const connections = 256;

type Herd = { refusals: Map<number, number>; errors: string[]; newest: number[] };

export const herdBench: Family = async (sizes, wanted) => {
  if (!wanted(name)) return [];
  const server = await startEmbeddedPostgres();
  const database = await newDatabase(server.url, "bench_herd");
  try {
    const enrolledAt = firstHour() - 1000 * intervalSeconds;
    await enrol(database, { first: 0, count: sizes.herd, enrolledAt });
    const program = await startCollector(database.url);
    const bundles = Array.from({ length: sizes.herd }, (_, index) => bundleOf(index));
    const before = await program.memory();
    const herd: Herd = { refusals: new Map(), errors: [], newest: [] };
    const started = performance.now();
    await stampede(`http://127.0.0.1:${program.port}`, bundles, herd, started);
    const seconds = (performance.now() - started) / 1000;
    const { peak } = await program.memory();
    await program.stop();
    const [row] = await database.query<{ reports: number; through: number }>(
      "select (select count(*)::int from reports) as reports, (select min(through) from journals) as through",
    );
    const reports = sizes.herd * backlogHours;
    if (herd.errors.length > 0 || row?.reports !== reports || row.through !== backlogHours) {
      throw new Error(
        `the herd was not drained: ${JSON.stringify({ ...row, errors: herd.errors.slice(0, 5) })}`,
      );
    }
    const delay = Math.max(...herd.newest);
    return [
      measured(name, Math.round(reports / seconds), "reports/s", null),
      measured(`${name}_newest_hour`, Math.ceil(delay), "s", intervalSeconds),
      measured(`${name}_memory`, mebibytes(peak), "MiB", mebibytes(before.peak)),
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

/** The whole backlog of an installation: 72 reports of twelve lines, gzipped as agents do. */
function bundleOf(index: number): Buffer {
  const journal = openJournal(index, firstHour());
  const lines = Array.from({ length: backlogHours }, () => encodeBundleLine(journal.seal()));
  return gzipSync(lines.join(""), { level: 1 });
}

async function stampede(
  origin: string,
  bundles: readonly Buffer[],
  herd: Herd,
  started: number,
): Promise<void> {
  const pool = new Pool(origin, { connections, bodyTimeout: 0, headersTimeout: 0 });
  try {
    await Promise.all(
      bundles.map(async (bundle) => {
        while (!(await isDelivered(pool, bundle, herd))) await backOff();
        herd.newest.push((performance.now() - started) / 1000);
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
