/**
 * The reports of a pack, file by file. A report is signed whole: one that also speaks of another customer's hours is shown
 * in part (digest, signatures, receipt, and this customer's lines), unless it was disclosed on record
 * (docs/decisions/0015).
 */

import { canonicalJson } from "@submeter/shared/rating/canonical";
import { formatInstant, hourFloor, secondsPerHour } from "@submeter/shared/time/instant";
import type { Dimensions } from "@submeter/shared/wire/dimensions";
import { readReport } from "@submeter/shared/wire/read-report";
import { contentOf } from "../ingest/candidate.ts";
import type { SignedDocument } from "../store/body-codec.ts";
import type { Queryable } from "../store/database.ts";
import { type EvidentReport, type ReportRange, reportsBetween } from "../store/invoice-evidence.ts";
import { findDocuments } from "../store/report-bodies.ts";
import { lineOf } from "./report-lines.ts";
import type { WhoseHours } from "./whose-hours.ts";

export type FileOfReports = ReportRange & { readonly path: string };

const reportsInFile = 500;

export function filesOfRange(range: ReportRange): FileOfReports[] {
  const files: FileOfReports[] = [];
  for (let first = range.first; first <= range.last; first += reportsInFile) {
    const last = Math.min(first + reportsInFile - 1, range.last);
    const path = `reports/${range.installation}/${range.journal}/${first}-${last}.ndjson`;
    files.push({ ...range, first, last, path });
  }
  return files;
}

/** `disclosed`: whole, whoever else they speak of. */
export async function fileOfReports(
  db: Queryable,
  whose: WhoseHours,
  file: FileOfReports,
  disclosed: boolean,
): Promise<string> {
  const reports = await reportsBetween(db, file);
  const keys = reports.map((report) => ({ ...file, sequence: report.sequence }));
  const documents = await findDocuments(db, keys);
  return reports
    .map((report, index) => {
      const document = documents[index] ?? null;
      const line =
        document === null || disclosed || !speaksOfOthers(whose, report, document)
          ? lineOf(report, document)
          : linePart(whose, report, document);
      return `${canonicalJson(line)}\n`;
    })
    .join("");
}

/** What cannot be read may speak of anybody. */
function speaksOfOthers(
  whose: WhoseHours,
  { installation_id: installation }: EvidentReport,
  document: SignedDocument,
): boolean {
  if (whose.isShared(installation)) return true;
  if (!whose.hasOthers(installation)) return false;
  const read = readReport(document.body);
  if (read.kind !== "report") return true;
  const { lines, coverage, sources } = contentOf(read.report);
  const spans = [
    ...lines.map(({ window }) => [window, window + secondsPerHour] as const),
    ...coverage,
    ...sources.flatMap(({ heard }) => heard),
  ];
  return spans.some(([from, to]) => whose.touchesOthers(installation, hourFloor(from), to));
}

function linePart(whose: WhoseHours, report: EvidentReport, document: SignedDocument) {
  const { installation_id: installation } = report;
  const read = readReport(document.body);
  const content = read.kind === "report" ? contentOf(read.report) : null;
  const aggregations = new Map(content?.meters.map(({ name, aggregation }) => [name, aggregation]));
  const lines = (content?.lines ?? [])
    .map((line) => ({ ...line, dimensions: JSON.parse(line.dimensions) as Dimensions }))
    .filter(({ window, dimensions }) =>
      whose.isOwn(installation, window, dimensions["subject"] ?? ""),
    )
    .map(({ meter, window, dimensions, quantity }) => ({
      meter,
      aggregation: aggregations.get(meter) ?? "sum",
      window: formatInstant(window),
      dimensions,
      quantity,
    }));
  const whole = lineOf(report, document);
  return {
    ...whole,
    // Why one was decided on that has nothing of this customer is not for it to read.
    decision_reason: lines.length === 0 ? null : whole.decision_reason,
    body: null,
    body_base64: undefined,
    withheld: true,
    lines,
  };
}
