/** Reading a report strictly: whatever breaks `docs/wire.md` is told by code and path, and nothing is guessed. */

import { Compile } from "typebox/compile";
import { isDigest, isInstallationName, isSequence, isUuid } from "./names.ts";
import { type Report, reportBytesMax, ReportSchema } from "./report.ts";
import { reportFault } from "./report-rules.ts";
import { shapeFault } from "./shape.ts";
import { parseStrictJson } from "./strict-json.ts";

export type ReportName = {
  installation: string;
  journal: string;
  sequence: number;
  previous: string | null;
};

export type ReadReport =
  | { kind: "report"; report: Report }
  /** It breaks the page, but its place in the chain can be read: the collector stores it and says so in a receipt. */
  | { kind: "rejected"; name: ReportName; code: string; path: string; detail: string }
  /** "Later", never rejected: a collector that is brought up to date will know it. */
  | { kind: "newer_version"; version: number }
  | { kind: "unreadable"; code: string; detail: string };

const validator = Compile(ReportSchema);

/** Examines a report's bytes against the whole of `docs/wire.md`. `path` is a JSON pointer. */
export function readReport(body: Uint8Array): ReadReport {
  const json = parseStrictJson(body);
  if (json.kind === "malformed") {
    return { kind: "unreadable", code: json.code, detail: json.detail };
  }
  const { value } = json;
  const version = memberOf(value, "version");
  if (typeof version === "number" && Number.isInteger(version) && version > 1) {
    return { kind: "newer_version", version };
  }
  const name = readName(value);
  if (name === null) {
    const detail = "its installation, journal, sequence and previous cannot be read";
    return { kind: "unreadable", code: "report_name_malformed", detail };
  }
  if (body.length > reportBytesMax) {
    const detail = `it has ${body.length} bytes; a report has at most ${reportBytesMax}`;
    return { kind: "rejected", name, code: "report_too_large", path: "", detail };
  }
  const fault = shapeFault(validator, value) ?? reportFault(value as Report);
  return fault === null
    ? { kind: "report", report: value as Report }
    : { kind: "rejected", name, ...fault };
}

function readName(value: unknown): ReportName | null {
  const installation = memberOf(value, "installation");
  const journal = memberOf(value, "journal");
  const sequence = memberOf(value, "sequence");
  const previous = memberOf(value, "previous");
  return isInstallationName(installation) &&
    isUuid(journal) &&
    isSequence(sequence) &&
    (previous === null || isDigest(previous))
    ? { installation, journal, sequence, previous }
    : null;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
