/**
 * Seals again, in the journal that counts now, what another never delivered: a report at a time, as months of them may wait, and
 * in reports of full size.
 */

import { decimal } from "@submeter/shared/numbers/decimal";
import { type Instant, type Interval, parseInstant } from "@submeter/shared/time/instant";
import { dimensionsKey } from "@submeter/shared/wire/dimensions";
import {
  type Aggregation,
  type Coverage,
  type Report,
  reportLinesMax,
} from "@submeter/shared/wire/report";
import { combine } from "../counting/fact.ts";
import type { Count } from "../counting/open-windows.ts";
import type { HeardRow } from "../journal/coverage-tables.ts";
import type { CurrentJournal } from "../sealing/current-journal.ts";
import type { Sealer } from "../sealing/seal.ts";

/** Inside of one transaction. */
export class Resealing {
  readonly #sealer: Pick<Sealer, "addReports">;
  readonly #cut: Instant;
  #current: CurrentJournal;
  #counts = new Map<string, Count>();
  readonly #coverage: Interval[] = [];
  readonly #heard: HeardRow[] = [];

  constructor(sealer: Pick<Sealer, "addReports">, current: CurrentJournal, cut: Instant) {
    this.#sealer = sealer;
    this.#current = current;
    this.#cut = cut;
  }

  take(report: Report): void {
    const aggregations = new Map(report.meters.map((meter) => [meter.name, meter.aggregation]));
    for (const { meter, window, dimensions, quantity } of report.usage) {
      const count = {
        meter,
        window: parseInstant(window),
        dimensions: dimensionsKey(dimensions),
        total: decimal(quantity),
      };
      this.#add(count, aggregations.get(meter) ?? "sum");
    }
    this.takeCoverage(report);
  }

  /** Of what is counted already. */
  takeCoverage({ coverage, sources }: Pick<Report, "coverage" | "sources">): void {
    this.#coverage.push(...intervals(coverage));
    for (const { name, heard } of sources) {
      for (const interval of intervals(heard)) this.#heard.push({ source: name, ...interval });
    }
  }

  /** Wire: of several reports that are sealed at once the last carries the coverage. */
  end(): void {
    this.#seal({ coverage: this.#coverage, heard: this.#heard });
  }

  #add(count: Count, aggregation: Aggregation): void {
    const key = `${count.meter} ${count.window} ${count.dimensions}`;
    const before = this.#counts.get(key);
    const total =
      before === undefined ? count.total : combine(aggregation, before.total, count.total);
    const isFull = before === undefined && this.#counts.size >= reportLinesMax;
    // What its line cannot hold stands in one of another report. Wire: several may speak of one window, and their lines add.
    if (total === null || isFull) {
      this.#seal({ coverage: [], heard: [] });
      this.#counts.set(key, count);
    } else this.#counts.set(key, { ...count, total });
  }

  #seal(covered: { coverage: readonly Interval[]; heard: readonly HeardRow[] }): void {
    const contents = {
      ...covered,
      counts: [...this.#counts.values()],
      shutdowns: [],
      final: false,
    };
    const { identity } = this.#sealer.addReports(contents, this.#cut, this.#current);
    this.#current = { ...this.#current, identity };
    this.#counts = new Map();
  }
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
