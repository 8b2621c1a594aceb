/** What a journal never delivered, gathered from its sealed bytes, to be sealed again in a journal that replaces it. */

import { decimal } from "@submeter/shared/numbers/decimal";
import { type Instant, type Interval, parseInstant } from "@submeter/shared/time/instant";
import { dimensionsKey } from "@submeter/shared/wire/dimensions";
import type { Coverage, Report } from "@submeter/shared/wire/report";
import { combine } from "../counting/fact.ts";
import type { Count } from "../counting/open-windows.ts";
import type { HeardRow } from "../journal/coverage-tables.ts";

export type Undelivered = {
  readonly counts: Count[];
  readonly coverage: Interval[];
  readonly heard: HeardRow[];
};

export function gather(reports: readonly Report[]): Undelivered {
  const counts = new Map<string, Count>();
  for (const report of reports) {
    const aggregations = new Map(report.meters.map((meter) => [meter.name, meter.aggregation]));
    for (const line of report.usage) {
      const window = parseInstant(line.window);
      const dimensions = dimensionsKey(line.dimensions);
      const key = `${line.meter} ${window} ${dimensions}`;
      const before = counts.get(key);
      const quantity = decimal(line.quantity);
      const aggregation = aggregations.get(line.meter) ?? "sum";
      const total = before === undefined ? quantity : combine(aggregation, before.total, quantity);
      if (total === null) throw new RangeError(`the total of ${line.meter} does not fit a report`);
      counts.set(key, { meter: line.meter, window, dimensions, total });
    }
  }
  return {
    counts: [...counts.values()],
    coverage: reports.flatMap(({ coverage }) => intervals(coverage)),
    heard: reports.flatMap(({ sources }) =>
      sources.flatMap(({ name, heard }) =>
        intervals(heard).map((interval) => ({ source: name, ...interval })),
      ),
    ),
  };
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
