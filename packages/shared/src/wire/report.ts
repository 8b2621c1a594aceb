/** Reports: the one document that carries usage. Reading them strictly, writing them in one spelling. */

import Type from "typebox";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import { sortedDimensions } from "./dimensions.ts";
import {
  closed,
  digestMember,
  extensionMember,
  installationMember,
  instantMember,
  integer,
  journalMember,
  nullable,
  publicKeyMember,
  sequenceMember,
  text,
  versionMember,
} from "./members.ts";
import {
  decimalsMax,
  isDigest,
  isInstallationName,
  isSequence,
  isUuid,
  namePattern,
  unitPattern,
} from "./names.ts";
import { reportFault } from "./report-rules.ts";
import { shapeFault } from "./shape.ts";
import { parseStrictJson } from "./strict-json.ts";

export const reportLinesMax = 5000;
export const reportBytesMax = 512 * 1024;
export const coverageMax = 1000;
export const sourcesMax = 64;
export const metersMax = 1000;

const nameMember = text(
  namePattern,
  "a name: a lower-case letter, then at most 63 of a-z, 0-9, _ and .",
);

const CoverageSchema = Type.Array(
  Type.Tuple([instantMember, instantMember], { description: "a pair [from, to] of instants" }),
  { maxItems: coverageMax, description: `a list of at most ${coverageMax} pairs [from, to]` },
);

const MeterHeadSchema = closed({
  name: nameMember,
  unit: text(unitPattern, "a unit: 1 to 64 characters of letters, digits and %._/-"),
  aggregation: Type.Union(
    [Type.Literal("sum"), Type.Literal("time_weighted"), Type.Literal("max")],
    { description: '"sum", "time_weighted" or "max"' },
  ),
  scale: integer(0, decimalsMax),
});

const UsageLineSchema = closed({
  meter: nameMember,
  window: instantMember,
  // Names and values are examined line by line in report-rules.ts, where a fault gets a code of its own.
  dimensions: Type.Record(Type.String(), Type.String(), {
    description: "an object of names and texts",
  }),
  quantity: Type.String({ description: "a decimal number as text" }),
});

const ReplacesSchema = closed({
  journal: journalMember,
  sequence: nullable(sequenceMember),
  digest: nullable(digestMember),
  reason: Type.Union([Type.Literal("fork"), Type.Literal("corrupt"), Type.Literal("moved")], {
    description: '"fork", "corrupt" or "moved"',
  }),
});

/** The schema of a report, which is also its documentation. */
export const ReportSchema = closed({
  version: versionMember,
  installation: installationMember,
  journal: journalMember,
  sequence: sequenceMember,
  previous: nullable(digestMember),
  replaces: nullable(ReplacesSchema),
  sealed_at: instantMember,
  interval_seconds: integer(10, 86_400),
  final: Type.Boolean({ description: "true or false" }),
  agent: closed({
    version: text("^[ -~]{1,64}$", "1 to 64 printable ASCII characters"),
    clock_skew_ms: nullable(integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
    backlog: nullable(integer(0, Number.MAX_SAFE_INTEGER)),
    disk_free_bytes: nullable(integer(0, Number.MAX_SAFE_INTEGER)),
  }),
  coverage: CoverageSchema,
  sources: Type.Array(closed({ name: nameMember, heard: CoverageSchema }), {
    maxItems: sourcesMax,
    description: `a list of at most ${sourcesMax} sources`,
  }),
  meters: Type.Array(MeterHeadSchema, {
    maxItems: metersMax,
    description: `a list of at most ${metersMax} meters`,
  }),
  usage: Type.Array(UsageLineSchema, {
    maxItems: reportLinesMax,
    description: `a list of at most ${reportLinesMax} lines`,
  }),
  public_key: Type.Optional(publicKeyMember),
  x: Type.Optional(extensionMember),
});

export type Report = Static<typeof ReportSchema>;
export type UsageLine = Static<typeof UsageLineSchema>;
/** Pairs [from, to] of instants as text, sorted and disjoint. */
export type Coverage = Static<typeof CoverageSchema>;
export type MeterHead = Static<typeof MeterHeadSchema>;
export type Aggregation = MeterHead["aggregation"];
export type Replaces = Static<typeof ReplacesSchema>;

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

/** UTF-8 JSON in the order of the schema, dimensions in code-point order, no white space. */
export function encodeReport(report: Report): Uint8Array {
  const ordered = {
    version: report.version,
    installation: report.installation,
    journal: report.journal,
    sequence: report.sequence,
    previous: report.previous,
    replaces: report.replaces && {
      journal: report.replaces.journal,
      sequence: report.replaces.sequence,
      digest: report.replaces.digest,
      reason: report.replaces.reason,
    },
    sealed_at: report.sealed_at,
    interval_seconds: report.interval_seconds,
    final: report.final,
    agent: {
      version: report.agent.version,
      clock_skew_ms: report.agent.clock_skew_ms,
      backlog: report.agent.backlog,
      disk_free_bytes: report.agent.disk_free_bytes,
    },
    coverage: report.coverage,
    sources: report.sources.map(({ name, heard }) => ({ name, heard })),
    meters: report.meters.map(({ name, unit, aggregation, scale }) => ({
      name,
      unit,
      aggregation,
      scale,
    })),
    usage: report.usage.map(({ meter, window, dimensions, quantity }) => ({
      meter,
      window,
      dimensions: sortedDimensions(dimensions),
      quantity,
    })),
    // JSON.stringify leaves out what is undefined.
    public_key: report.public_key,
    x: report.x,
  };
  return new TextEncoder().encode(JSON.stringify(ordered));
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
