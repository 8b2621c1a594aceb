/** Builds the reports of one seal from what was counted: pure, so that a preview is made of the same bytes. */

import { format } from "@submeter/shared/numbers/decimal";
import {
  type Instant,
  type Interval,
  formatInstant,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import { digestHex } from "@submeter/shared/wire/digest";
import type { Dimensions } from "@submeter/shared/wire/dimensions";
import {
  type Coverage,
  type MeterHead,
  type Report,
  type UsageLine,
  coverageMax,
  encodeReport,
  reportBytesMax,
  reportLinesMax,
} from "@submeter/shared/wire/report";
import { type Shutdown, encodeShutdowns } from "@submeter/shared/wire/shutdowns";
import { joined } from "../counting/coverage.ts";
import type { HeardRow } from "../journal/coverage-tables.ts";
import { heardOf } from "../counting/heard.ts";
import type { Count } from "../counting/open-windows.ts";
import type { Replaces } from "../journal/journals-table.ts";

export type SealInput = {
  readonly installation: string;
  readonly journal: string;
  /** 32 bytes in base64url; stands in report 1. */
  readonly publicKey: string;
  readonly replaces: Replaces | null;
  readonly lastSequence: number;
  readonly lastDigest: string | null;
  /** Also the cut of the coverage. */
  readonly sealedAt: Instant;
  readonly intervalSeconds: number;
  readonly final: boolean;
  readonly agent: Report["agent"];
  readonly coverage: readonly Interval[];
  readonly declaredSources: readonly string[];
  readonly heard: readonly HeardRow[];
  readonly meters: readonly MeterHead[];
  readonly counts: readonly Count[];
  /** Attested since the last seal; the last report carries them. */
  readonly shutdowns: readonly Shutdown[];
  /** Windows that the replaced journal had reported: they wait for the operator, and must not hold up the others. */
  readonly apart: ReadonlySet<Instant>;
};

export type BuiltReport = {
  readonly sequence: number;
  /** 64 lower-case hex. */
  readonly digest: string;
  readonly body: Uint8Array;
};

/**
 * Pairs of all sources together in one report. Each source alone may have as many by the wire, and 64 of them would
 * outgrow 512 KiB.
 */
const heardMax = 1000;

/** Wire: older windows go into reports of their own, without coverage. */
const lateAfterSeconds = 72 * secondsPerHour;

/**
 * In order, chained; none when there is nothing to say. Of several the last carries all of the coverage, and of what was
 * heard the newest.
 */
export function buildReports(input: SealInput): BuiltReport[] {
  const parts = split(input);
  const reports: BuiltReport[] = [];
  let sequence = input.lastSequence;
  let previous = input.lastDigest;
  for (const [index, part] of parts.entries()) {
    sequence += 1;
    const last = index === parts.length - 1;
    const body = encodeReport(reportOf(input, { sequence, previous, ...part, last }));
    const digest = digestHex(body);
    reports.push({ sequence, digest, body });
    previous = digest;
  }
  return reports;
}

type Part = { usage: UsageLine[]; heard: readonly HeardRow[] };
type Place = Part & { sequence: number; previous: string | null; last: boolean };

function reportOf(input: SealInput, place: Place): Report {
  const { sequence, previous, usage, heard, last } = place;
  const x = last ? encodeShutdowns(input.shutdowns) : undefined;
  return {
    version: 1,
    installation: input.installation,
    journal: input.journal,
    sequence,
    previous,
    replaces: input.replaces,
    sealed_at: formatInstant(input.sealedAt),
    interval_seconds: input.intervalSeconds,
    final: input.final && last,
    agent: input.agent,
    coverage: last ? coverageOf(input.coverage) : [],
    sources: input.declaredSources.map((name) => ({
      name,
      heard: coverageOf(heardOf(name, heard)),
    })),
    meters: [...input.meters],
    usage,
    ...(sequence === 1 ? { public_key: input.publicKey } : {}),
    ...(x === undefined ? {} : { x }),
  };
}

/** The usage lines of each report, and what was heard. */
function split(input: SealInput): Part[] {
  const late: UsageLine[] = [];
  const apart: UsageLine[] = [];
  const current: UsageLine[] = [];
  for (const count of input.counts.toSorted(byWindow)) {
    if (count.total.coefficient === 0n) continue;
    const isLate = count.window < input.sealedAt - lateAfterSeconds;
    (isLate ? late : input.apart.has(count.window) ? apart : current).push(lineOf(count));
  }
  const heard = heardParts(input);
  const room = reportBytesMax - headBytes(input, heard[0] ?? []);
  const carriesMore =
    current.length > 0 || input.coverage.length > 0 || input.shutdowns.length > 0 || input.final;
  const lines = [
    ...chunks(late, room),
    ...chunks(apart, room),
    ...(carriesMore ? atLeastOne(chunks(current, room)) : []),
  ];
  const last = lines.pop();
  if (last === undefined) return [];
  return [
    ...lines.map((usage) => ({ usage, heard: [] })),
    ...heard.slice(0, -1).map((rows) => ({ usage: [], heard: rows })),
    { usage: last, heard: heard.at(-1) ?? [] },
  ];
}

/** Oldest first. */
function heardParts(input: SealInput): HeardRow[][] {
  const rows = input.declaredSources
    .flatMap((source) =>
      joined(heardOf(source, input.heard)).map((interval) => ({ source, ...interval })),
    )
    .toSorted((a, b) => a.from - b.from);
  return Array.from({ length: Math.ceil(rows.length / heardMax) }, (_, index) =>
    rows.slice(index * heardMax, (index + 1) * heardMax),
  );
}

function atLeastOne(parts: UsageLine[][]): UsageLine[][] {
  return parts.length === 0 ? [[]] : parts;
}

function lineOf(count: Count): UsageLine {
  return {
    meter: count.meter,
    window: formatInstant(count.window),
    dimensions: JSON.parse(count.dimensions) as Dimensions,
    quantity: format(count.total),
  };
}

function chunks(lines: UsageLine[], room: number): UsageLine[][] {
  const parts: UsageLine[][] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(JSON.stringify(line)) + 1;
    const part = parts.at(-1);
    if (part === undefined || part.length === reportLinesMax || bytes + size > room) {
      parts.push([line]);
      bytes = size;
    } else {
      part.push(line);
      bytes += size;
    }
  }
  return parts;
}

/** What a report weighs before its first line, with the longest chain members that it can have. */
function headBytes(input: SealInput, heard: readonly HeardRow[]): number {
  const place = {
    sequence: Number.MAX_SAFE_INTEGER,
    previous: "0".repeat(64),
    usage: [],
    heard,
    last: true,
  };
  const publicKeyBytes = 80;
  return encodeReport(reportOf(input, place)).length + publicKeyBytes;
}

/** Sorted and disjoint; of more intervals than a report holds the longest stay, as coverage may only ever be understated. */
function coverageOf(intervals: readonly Interval[]): Coverage {
  const all = joined(intervals);
  const kept =
    all.length <= coverageMax
      ? all
      : all
          .toSorted((a, b) => b.to - b.from - (a.to - a.from))
          .slice(0, coverageMax)
          .toSorted((a, b) => a.from - b.from);
  return kept.map(({ from, to }) => [formatInstant(from), formatInstant(to)]);
}

/** All that are declared, and those that have counts from an earlier declaration. */
export function metersInReport(
  declared: readonly MeterHead[],
  known: readonly MeterHead[],
  counts: readonly Count[],
): MeterHead[] {
  const names = new Set(declared.map(({ name }) => name));
  const counted = new Map<string, number>();
  for (const { meter, total } of counts) {
    counted.set(meter, Math.max(counted.get(meter) ?? 0, total.scale));
  }
  return [...declared, ...known.filter(({ name }) => !names.has(name) && counted.has(name))].map(
    (head) => ({ ...head, scale: Math.max(head.scale, counted.get(head.name) ?? 0) }),
  );
}

function byWindow(a: Count, b: Count): number {
  return (
    a.window - b.window || compareText(a.meter, b.meter) || compareText(a.dimensions, b.dimensions)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
