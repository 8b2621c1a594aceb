/** A report on its way in: verified, read, its members turned into numbers once. */

import {
  hourFloor,
  type Instant,
  parseInstant,
  secondsPerHour,
  tryInstant,
} from "@submeter/shared/time/instant";
import { digestHex } from "@submeter/shared/wire/digest";
import type { SignatureHeaders } from "@submeter/shared/wire/document";
import {
  coverageMax,
  type Coverage,
  type MeterHead,
  type Report,
} from "@submeter/shared/wire/report";
import { type Shutdown, shutdownsIn } from "@submeter/shared/wire/shutdowns";
import { readReport, type ReportName } from "@submeter/shared/wire/read-report";
import { dimensionsKey } from "@submeter/shared/wire/dimensions";
import type { JournalRow, Replacement } from "../store/journals.ts";
import type { Span } from "../store/reports.ts";
import type { Signer } from "./keyring.ts";

export type Line = {
  meter: string;
  window: Instant;
  /** Canonical JSON of the dimensions. */
  dimensions: string;
  quantity: string;
};

/** What a report says, in the units of the store. */
export type Content = {
  sealedAt: Instant;
  intervalSeconds: number;
  final: boolean;
  publicKey: string | null;
  replaces: Replacement | null;
  agent: {
    version: string;
    clockSkewMs: number | null;
    backlog: number | null;
    diskFreeBytes: number | null;
  };
  coverage: readonly Span[];
  sources: readonly { name: string; heard: readonly Span[] }[];
  meters: readonly MeterHead[];
  lines: readonly Line[];
  /** What the customer attests in it. */
  shutdowns: readonly Shutdown[];
};

export type Candidate = {
  readonly name: ReportName;
  /** 64 lower-case hex. */
  readonly digest: string;
  readonly body: Uint8Array;
  readonly headers: SignatureHeaders;
  readonly signer: Signer;
  /** The public key that `proof` verified with; null without one. */
  readonly proofKey: string | null;
  /** Null when it breaks the wire; then `fault` says where. */
  readonly content: Content | null;
  readonly fault: { code: string; path: string; detail: string } | null;
  /** The content's; of a broken report what can be read, because its hours wait for it; null when nothing can. */
  readonly coverage: readonly Span[] | null;
};

export type ReadCandidate =
  | { kind: "candidate"; candidate: Candidate }
  | { kind: "newer_version"; version: number }
  | { kind: "unreadable"; code: string; detail: string };

/** `body` has been verified as `signer`'s. Whether it speaks of the signer's installation is the caller's to check. */
export function readCandidate(o: {
  body: Uint8Array;
  headers: SignatureHeaders;
  signer: Signer;
  proofKey: string | null;
}): ReadCandidate {
  const read = readReport(o.body);
  if (read.kind === "unreadable" || read.kind === "newer_version") return read;
  const common = { ...o, digest: digestHex(o.body) };
  if (read.kind === "rejected") {
    const { name, code, path, detail } = read;
    return {
      kind: "candidate",
      candidate: {
        ...common,
        name,
        content: null,
        fault: { code, path, detail },
        coverage: salvagedCoverage(o.body),
      },
    };
  }
  const { installation, journal, sequence, previous } = read.report;
  const name = { installation, journal, sequence, previous };
  const content = contentOf(read.report);
  const { coverage } = content;
  return { kind: "candidate", candidate: { ...common, name, content, fault: null, coverage } };
}

export function contentOf(report: Report): Content {
  return {
    sealedAt: parseInstant(report.sealed_at),
    intervalSeconds: report.interval_seconds,
    final: report.final,
    publicKey: report.public_key ?? null,
    replaces: report.replaces,
    agent: {
      version: report.agent.version,
      clockSkewMs: report.agent.clock_skew_ms,
      backlog: report.agent.backlog,
      diskFreeBytes: report.agent.disk_free_bytes,
    },
    coverage: spansOf(report.coverage),
    sources: report.sources.map(({ name, heard }) => ({ name, heard: spansOf(heard) })),
    meters: report.meters,
    lines: report.usage.map(({ meter, window, dimensions, quantity }) => ({
      meter,
      window: parseInstant(window),
      dimensions: dimensionsKey(dimensions),
      quantity,
    })),
    shutdowns: shutdownsIn(report.x),
  };
}

/** The half-open hull of the hours that a report speaks of, in lines or coverage; null for none. */
export function hullOf({ content, coverage }: Candidate): Span | null {
  const lines = content?.lines ?? [];
  const spans = coverage ?? [];
  const starts = [...lines.map(({ window }) => window), ...spans.map(([from]) => hourFloor(from))];
  const ends = [
    ...lines.map(({ window }) => window + secondsPerHour),
    ...spans.map(([, to]) => to),
  ];
  return starts.length === 0 ? null : [least(starts), greatest(ends)];
}

/**
 * From which hour on it may change what hours are, wherever its own end: it ends the silence that began where its
 * journal's coverage had ended, and from it on the journal, or one that it replaces, may be expected otherwise. Null
 * when it only counts. It holds for the decision too: coverage up to `through` only grows.
 */
export function restatedFrom(
  { content, coverage }: Candidate,
  journal: Pick<JournalRow, "covered_through" | "first_recorded_at">,
): Instant | null {
  // A report whose coverage cannot be read holds the time between its neighbours.
  const speaksOfHours = coverage === null || coverage.length > 0 || content?.final === true;
  if (!speaksOfHours) return null;
  // Before its first coverage a journal is expected from when it was first heard of.
  const silentFrom = journal.covered_through ?? journal.first_recorded_at;
  const closedAt = content?.final === true ? [content.sealedAt] : [];
  const starts = (coverage ?? []).map(([from]) => from);
  return hourFloor(least([silentFrom, ...closedAt, ...starts]));
}

export function joinHulls(a: Span | null, b: Span | null): Span | null {
  if (a === null || b === null) return a ?? b;
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}

function salvagedCoverage(body: Uint8Array): Span[] | null {
  const value = JSON.parse(new TextDecoder().decode(body)) as { coverage?: unknown };
  if (!Array.isArray(value.coverage)) return null;
  const spans = value.coverage.slice(0, coverageMax).map((pair: unknown): Span | null => {
    if (!Array.isArray(pair)) return null;
    const [from, to] = pair.map((end: unknown) =>
      typeof end === "string" ? tryInstant(end) : null,
    );
    return from != null && to != null && from >= 0 && from < to ? [from, to] : null;
  });
  const read = spans.filter((span) => span !== null);
  return read.length === 0 ? null : read;
}

function spansOf(coverage: Coverage): Span[] {
  return coverage.map(([from, to]) => [parseInstant(from), parseInstant(to)]);
}

// Math.min(...list) overflows the stack for long lists, and a report has up to 5,000 lines.
function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}

function greatest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}
