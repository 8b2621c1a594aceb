/** What a journal never delivered, gathered from its sealed bytes, to be sealed again in a journal that replaces it. */

import { decimal } from "@submeter/shared/numbers/decimal";
import { type Instant, type Interval, parseInstant } from "@submeter/shared/time/instant";
import { dimensionsKey } from "@submeter/shared/wire/dimensions";
import type { Aggregation, Coverage, Report } from "@submeter/shared/wire/report";
import { combine } from "../counting/fact.ts";
import type { Count } from "../counting/open-windows.ts";
import type { HeardRow } from "../journal/coverage-tables.ts";

export type Undelivered = {
  /**
   * Each holds a line but once, and goes into reports of its own: what a line cannot hold besides its sum so far stands in
   * another. Wire: several reports may speak of one window, and their lines add.
   */
  readonly rounds: readonly (readonly Count[])[];
  readonly coverage: Interval[];
  readonly heard: HeardRow[];
};

export function gather(reports: readonly Report[]): Undelivered {
  const rounds: Map<string, Count>[] = [];
  for (const report of reports) {
    const aggregations = new Map(report.meters.map((meter) => [meter.name, meter.aggregation]));
    for (const { meter, ...line } of report.usage) {
      const count = {
        meter,
        window: parseInstant(line.window),
        dimensions: dimensionsKey(line.dimensions),
        total: decimal(line.quantity),
      };
      put(rounds, count, aggregations.get(meter) ?? "sum");
    }
  }
  return {
    rounds: rounds.map((counts) => [...counts.values()]),
    coverage: reports.flatMap(({ coverage }) => intervals(coverage)),
    heard: reports.flatMap(({ sources }) =>
      sources.flatMap(({ name, heard }) =>
        intervals(heard).map((interval) => ({ source: name, ...interval })),
      ),
    ),
  };
}

function put(rounds: Map<string, Count>[], count: Count, aggregation: Aggregation): void {
  const key = `${count.meter} ${count.window} ${count.dimensions}`;
  for (const counts of rounds) {
    const before = counts.get(key);
    const total =
      before === undefined ? count.total : combine(aggregation, before.total, count.total);
    if (total === null) continue;
    counts.set(key, { ...count, total });
    return;
  }
  rounds.push(new Map([[key, count]]));
}

export function windowsOf(report: Report): Set<Instant> {
  return new Set(report.usage.map(({ window }) => parseInstant(window)));
}

/** The agent's own sealed bytes need no second examination. */
export function ownReport(body: Uint8Array): Report {
  return JSON.parse(Buffer.from(body).toString("utf8")) as Report;
}

function intervals(coverage: Coverage): Interval[] {
  return coverage.map(([from, to]) => ({ from: parseInstant(from), to: parseInstant(to) }));
}
