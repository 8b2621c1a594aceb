/** Exports months of signed bytes to signed files, and drops those that nothing rests on any more. */

import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { faultsOf, verifyReport } from "@submeter/shared/evidence/verify-report";
import { canonicalJson } from "@submeter/shared/rating/canonical";
import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import { renameDurably, syncNames, writeDurably } from "../durable-file.ts";
import type { Actor } from "../fleet/fleet-context.ts";
import { audit } from "../store/audit.ts";
import { unpackDocument } from "../store/body-codec.ts";
import {
  bodiesOfMonth,
  countBodies,
  dropMonth,
  holdBookings,
  invoiceRestingOn,
  monthsBefore,
  undecidedOfMonth,
} from "../store/body-months.ts";
import type { Database, Queryable } from "../store/database.ts";
import { collectorKeys } from "../store/identity.ts";
import { findStored, type ReportKey } from "../store/reports.ts";
import {
  evidenceOf,
  exportFormat,
  type ExportManifest,
  exportPaths,
  fileFits,
  readExport,
  readManifest,
  type ReportLine,
} from "./export-format.ts";
import { type EvidenceContext, signatureOf } from "./invoice-pack.ts";
import { lineOf } from "./report-lines.ts";

export type MonthOutcome = {
  readonly month: string;
  readonly outcome: "exported" | "exported_already" | "dropped" | "kept";
  readonly reports: number;
  /** Why it is kept. */
  readonly why?: string;
};

export type MonthsOrder = {
  /** `2026-01-01`: months before this one. */
  readonly before: string;
  readonly folder: string;
  readonly dryRun: boolean;
  readonly onMonth?: (done: number, all: number) => void;
};

const pageReports = 500;
/** Agents keep their bytes for 13 months, and until then may be asked for them again. */
const dropAgeMonthsMin = 13;

/** A month that is exported already, and whose file is whole, is left as it is; a torn one is written anew. */
export async function exportMonths(
  context: EvidenceContext,
  actor: Actor,
  order: MonthsOrder,
): Promise<MonthOutcome[]> {
  const { database, clock } = context;
  const months = await monthsBefore(database, order.before);
  const outcomes: MonthOutcome[] = [];
  if (!order.dryRun) await mkdir(order.folder, { recursive: true });
  for (const month of months) {
    order.onMonth?.(outcomes.length, months.length);
    outcomes.push(await exportMonth(context, actor, order, month, clock.now()));
  }
  return outcomes;
}

async function exportMonth(
  context: EvidenceContext,
  actor: Actor,
  { folder, dryRun }: MonthsOrder,
  month: string,
  now: Instant,
): Promise<MonthOutcome> {
  const { database, identity } = context;
  const paths = exportPaths(folder, month);
  const reports = await countBodies(database, month);
  const known = await readManifest(folder, month, await keysOf(database));
  if (known !== null && "manifest" in known && known.manifest.reports === reports) {
    if (await fileFits(paths.reports, known.manifest)) {
      return { month, outcome: "exported_already", reports };
    }
  }
  if (dryRun) return { month, outcome: "exported", reports };
  const written = await database.transaction((db) => writeMonth(db, month, paths.reports), {
    isolation: "repeatable read",
  });
  const manifest = canonicalJson({
    format: exportFormat,
    collector: identity.collector,
    month: month.slice(0, 7),
    made_at: formatInstant(now),
    file: paths.file,
    ...written,
  } satisfies ExportManifest);
  await writeDurably(paths.manifest, manifest);
  await writeDurably(paths.signature, signatureOf(identity.signer, manifest));
  const subject = `evidence:${month.slice(0, 7)}`;
  const action = "evidence.exported";
  await audit(database, { at: now, who: actor.name, action, subject, after: { ...written } });
  return { month, outcome: "exported", reports: written.reports };
}

async function writeMonth(
  db: Queryable,
  month: string,
  path: string,
): Promise<{ reports: number; bytes: number; sha256: string }> {
  const digest = createHash("sha256");
  let bytes = 0;
  let reports = 0;
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      digest.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const lines = async function* () {
    let after: ReportKey | null = null;
    for (;;) {
      const page = await bodiesOfMonth(db, month, { after, limit: pageReports });
      for (const row of page) yield `${canonicalJson(lineOf(row, unpackDocument(row)))}\n`;
      reports += page.length;
      const last = page.at(-1);
      if (last === undefined) return;
      after = {
        installation: last.installation_id,
        journal: last.journal,
        sequence: last.sequence,
      };
    }
  };
  const partial = `${path}.partial`;
  await pipeline(
    Readable.from(lines()),
    createGzip({ level: 9 }),
    measured,
    createWriteStream(partial, { flush: true }),
  ).catch(async (error: unknown) => {
    await rm(partial, { force: true });
    throw error;
  });
  await renameDurably(partial, path);
  return { reports, bytes, sha256: digest.digest("hex") };
}

/**
 * Drops what `folder` holds whole: every line is read again, and held against the database, first. What an invoice
 * within `retentionSeconds` rests on, what waits for a decision, and what is not older than 13 months, is kept.
 */
export async function dropMonths(
  context: EvidenceContext,
  actor: Actor,
  order: MonthsOrder & { reason: string; retentionSeconds: number },
): Promise<MonthOutcome[]> {
  const { database, clock } = context;
  const months = await monthsBefore(database, order.before);
  const outcomes: MonthOutcome[] = [];
  for (const month of months) {
    order.onMonth?.(outcomes.length, months.length);
    const now = clock.now();
    const reports = await countBodies(database, month);
    const why =
      (await whyKept(database, month, now, order.retentionSeconds)) ??
      (await whyNotWhole(database, order.folder, month, reports));
    if (why !== null) {
      outcomes.push({ month, outcome: "kept", reports, why });
      continue;
    }
    if (!order.dryRun) {
      const meanwhile = await database.transaction(async (db) => {
        await holdBookings(db);
        // To read a file again takes a while: what was booked since may rest on it.
        const kept = await whyKept(db, month, now, order.retentionSeconds);
        if (kept !== null) return kept;
        await dropMonth(db, month);
        await audit(db, {
          at: now,
          who: actor.name,
          action: "evidence.dropped",
          subject: `evidence:${month.slice(0, 7)}`,
          reason: order.reason,
          before: { reports },
        });
        return null;
      });
      if (meanwhile !== null) {
        outcomes.push({ month, outcome: "kept", reports, why: meanwhile });
        continue;
      }
    }
    outcomes.push({ month, outcome: "dropped", reports });
  }
  return outcomes;
}

async function whyKept(
  database: Queryable,
  month: string,
  now: Instant,
  retentionSeconds: number,
): Promise<string | null> {
  if (monthsBetween(month, now) < dropAgeMonthsMin) {
    return `agents may still be asked for it: it is not ${dropAgeMonthsMin} months old`;
  }
  const invoice = await invoiceRestingOn(database, month, now - retentionSeconds);
  if (invoice !== null) {
    const until = formatInstant(invoice.frozen_at + retentionSeconds).slice(0, 10);
    return `invoice ${invoice.id} rests on it, at least until ${until}`;
  }
  const undecided = await undecidedOfMonth(database, month);
  return undecided === 0 ? null : `${undecided} of its reports wait for a decision`;
}

async function whyNotWhole(
  database: Database,
  folder: string,
  month: string,
  reports: number,
): Promise<string | null> {
  const keys = await keysOf(database);
  const paths = exportPaths(folder, month);
  const known = await readManifest(folder, month, keys);
  if (known === null) return `${paths.manifest} is not there: export it first`;
  if ("fault" in known) return known.fault;
  const { manifest } = known;
  if (manifest.reports !== reports) return `${paths.file} holds ${manifest.reports} of its reports`;
  if (!(await fileFits(paths.reports, manifest)))
    return `${paths.file} is not the file of its manifest`;
  let read = 0;
  let batch: ReportLine[] = [];
  for await (const line of readExport(paths.reports)) {
    batch.push(line);
    read += 1;
    if (batch.length < pageReports) continue;
    const fault = await faultOf(database, batch, keys);
    if (fault !== null) return fault;
    batch = [];
  }
  const fault = await faultOf(database, batch, keys);
  if (fault !== null) return fault;
  // What was copied here by hand may be in memory alone.
  await syncNames(folder);
  return read === reports ? null : `${paths.file} holds ${read} of its reports`;
}

/** Each line has what the database says of it, and verifies by itself. */
async function faultOf(
  database: Database,
  lines: readonly ReportLine[],
  collector: ReadonlySet<string>,
): Promise<string | null> {
  const stored = await findStored(database, lines);
  const digests = new Map(
    stored.map((row) => [`${row.installation_id} ${row.journal} ${row.sequence}`, row.digest]),
  );
  for (const line of lines) {
    const name = `${line.installation} ${line.journal} ${line.sequence}`;
    const verdict = verifyReport(evidenceOf(line), {
      secret: null,
      journalKey: null,
      collectorKeys: collector,
    });
    const [fault] = faultsOf(verdict);
    if (fault !== undefined || verdict.digest !== "fits")
      return `report ${name}: ${fault ?? "no bytes"}`;
    if (digests.get(name) !== line.digest) return `report ${name} is another one in the database`;
  }
  return null;
}

async function keysOf(database: Queryable): Promise<Set<string>> {
  return new Set((await collectorKeys(database)).map((key) => key.public_key));
}

/** Whole months from the end of `month` to now. */
function monthsBetween(month: string, now: Instant): number {
  const [year = 0, of = 0] = month.split("-").map(Number);
  const [thisYear = 0, thisMonth = 0] = formatInstant(now).split("-", 2).map(Number);
  return (thisYear - year) * 12 + (thisMonth - of) - 1;
}
