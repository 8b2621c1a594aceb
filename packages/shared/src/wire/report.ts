/** Reports: the one document that carries usage. Its shape, and its one spelling; `read-report.ts` reads it. */

import Type from "typebox";
import type { Static } from "typebox";
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
import { decimalsMax, namePattern, unitPattern } from "./names.ts";

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
