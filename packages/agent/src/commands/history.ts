/** `submeter-agent history`: what was counted, covered, sealed and received in up to 13 months, by day or hour. */

import { clip, secondsWithin, subtract } from "@submeter/shared/coverage/intervals";
import {
  type Instant,
  type Interval,
  formatInstant,
  secondsPerDay,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import type { Archive } from "../archive/archive.ts";
import { type History, HistoryTotals } from "../archive/history-totals.ts";
import { type CommandIo, type ExitCode, type Style, styleOf } from "./io.ts";
import { table } from "./table.ts";
import { countText, durationText, instantText } from "./wording.ts";

export type HistoryOptions = {
  readonly from: Instant;
  readonly to: Instant;
  readonly by: "day" | "hour";
  readonly json: boolean;
};

/** Instants are RFC 3339; quantities decimal text. */
export type HistoryRow = {
  readonly from: string;
  readonly covered_seconds: number;
  readonly reports: number;
  readonly received: number;
  readonly waiting: number;
  readonly counts: History["spans"][number]["counts"];
};

/** Closes the archive. */
export async function history(
  archive: Archive,
  options: HistoryOptions,
  io: CommandIo,
): Promise<ExitCode> {
  const { to, by, json } = options;
  const seconds = by === "day" ? secondsPerDay : secondsPerHour;
  const from = options.from - (options.from % seconds);
  const totals = new HistoryTotals(seconds);
  try {
    for (const { journal } of archive.journals) {
      // What is sealed before an hour begins cannot speak of it.
      for await (const report of archive.reports(journal, from)) totals.take(report);
    }
  } finally {
    archive.close();
  }
  const found = totals.result();
  const rows = rowsOf(found, { from, to }, seconds);
  const gaps = gapsOf(found.covered, { from, to });
  if (json) {
    const shown = gaps.map((gap) => ({ from: formatInstant(gap.from), to: formatInstant(gap.to) }));
    io.out(
      `${JSON.stringify({ from: formatInstant(from), to: formatInstant(to), by, rows, gaps: shown })}\n`,
    );
  } else io.out(historyText(rows, gaps, options, styleOf(io)));
  return 0;
}

/** Spans of which nothing is known are left out. */
function rowsOf(found: History, within: Interval, seconds: number): HistoryRow[] {
  const counts = new Map(found.spans.map((span) => [span.from, span.counts]));
  const sealed = Map.groupBy(found.reports, ({ sealedAt }) => sealedAt - (sealedAt % seconds));
  const rows: HistoryRow[] = [];
  const covered = clip(found.covered, within);
  const starts = new Set([...counts.keys(), ...sealed.keys(), ...startsOf(covered, seconds)]);
  for (const start of [...starts].toSorted((a, b) => a - b)) {
    if (start + seconds <= within.from || start >= within.to) continue;
    const reports = sealed.get(start) ?? [];
    rows.push({
      from: formatInstant(start),
      covered_seconds: secondsWithin(covered, start, start + seconds),
      reports: reports.length,
      received: reports.filter(({ outcome }) => outcome !== null).length,
      waiting: reports.filter(({ state }) => state === "waiting").length,
      counts: counts.get(start) ?? [],
    });
  }
  return rows;
}

function startsOf(covered: readonly Interval[], seconds: number): Instant[] {
  return covered.flatMap(({ from, to }) => {
    const first = from - (from % seconds);
    return Array.from({ length: Math.ceil((to - first) / seconds) }, (_, n) => first + n * seconds);
  });
}

/** Between the first and the last instant that is covered: before it there was no agent, after it nothing is sealed yet. */
function gapsOf(covered: readonly Interval[], within: Interval): Interval[] {
  const known = clip(covered, within);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return [];
  return subtract([{ from: first.from, to: last.to }], known);
}

const gapsShownMax = 20;

function historyText(
  rows: readonly HistoryRow[],
  gaps: readonly Interval[],
  { by }: HistoryOptions,
  style: Style,
): string {
  if (rows.length === 0) return "Nothing was sealed in this time.\n";
  const meters = new Map(
    rows.flatMap(({ counts }) => counts.map(({ meter, unit }) => [meter, unit] as const)),
  );
  const names = [...meters.keys()].toSorted();
  const head = [
    by === "day" ? "Day (UTC)" : "Hour (UTC)",
    "Covered",
    "Reports",
    "Received",
    ...names.map((name) => `${name} (${meters.get(name) ?? ""})`),
  ];
  const cells = rows.map((row) => [
    by === "day" ? row.from.slice(0, 10) : row.from.slice(0, 16).replace("T", " "),
    row.covered_seconds === 0 ? "" : durationText(row.covered_seconds),
    String(row.reports),
    String(row.received),
    ...names.map((name) => row.counts.find(({ meter }) => meter === name)?.quantity ?? ""),
  ]);
  return `${[
    ...table(head, cells, style, { right: head.length - 1 }),
    "",
    ...gapLines(gaps, style),
    style(
      "dim",
      "Not sealed yet: submeter-agent preview. Is all of it genuine? submeter-agent verify",
    ),
  ].join("\n")}\n`;
}

function gapLines(gaps: readonly Interval[], style: Style): string[] {
  if (gaps.length === 0) return [style("green", "No gaps: every second in between was counted.")];
  const lines = gaps.slice(0, gapsShownMax).map(({ from, to }) => {
    const [start, end] = [from, to].map((at) => instantText(formatInstant(at)));
    return `  ${start} to ${end}: ${durationText(to - from)}`;
  });
  const more = gaps.length - lines.length;
  return [
    style("yellow", `${countText(gaps.length, "gap")} in which nothing was counted:`),
    ...lines,
    ...(more > 0 ? [`  and ${more} more: --json`] : []),
  ];
}
