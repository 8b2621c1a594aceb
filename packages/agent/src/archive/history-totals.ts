/** What the history says of each hour or day: counts, coverage, and what became of the reports. Pure. */

import { type Decimal, add, decimal, format, greater } from "@submeter/shared/numbers/decimal";
import { type Instant, type Interval, parseInstant } from "@submeter/shared/time/instant";
import { union } from "@submeter/shared/coverage/intervals";
import type { Aggregation, Report } from "@submeter/shared/wire/report";
import type { ArchivedReport } from "../journal/archive-table.ts";

export type HistoryCount = {
  readonly meter: string;
  readonly unit: string;
  readonly quantity: string;
};

export type HistorySpan = {
  readonly from: Instant;
  /** All dimensions together. Of a `max` meter the greatest of each journal and dimension set, added. */
  readonly counts: readonly HistoryCount[];
};

export type Sealed = {
  readonly sealedAt: Instant;
  readonly state: ArchivedReport["state"];
  /** Of the newest receipt; null without one. */
  readonly outcome: string | null;
};

export type History = {
  readonly spans: readonly HistorySpan[];
  readonly covered: readonly Interval[];
  readonly reports: readonly Sealed[];
};

type Total = { readonly unit: string; readonly aggregation: Aggregation; quantity: Decimal };

/** Gathers reports one at a time: 13 months of them never lie in memory together. */
export class HistoryTotals {
  readonly #spanSeconds: number;
  readonly #spans = new Map<Instant, Map<string, Total>>();
  readonly #covered: Interval[] = [];
  readonly #reports: Sealed[] = [];

  /** An hour or a day. */
  constructor(spanSeconds: number) {
    this.#spanSeconds = spanSeconds;
  }

  take(stored: ArchivedReport): void {
    this.#reports.push({
      sealedAt: stored.sealedAt,
      state: stored.state,
      outcome: stored.receipts.at(-1)?.outcome ?? null,
    });
    // Its counts and its coverage went on in the journal that replaced this one.
    if (stored.state === "superseded") return;
    const report = JSON.parse(Buffer.from(stored.body).toString("utf8")) as Report;
    for (const [from, to] of report.coverage) {
      this.#covered.push({ from: parseInstant(from), to: parseInstant(to) });
    }
    const heads = new Map(report.meters.map((meter) => [meter.name, meter]));
    for (const { meter, window, dimensions, quantity } of report.usage) {
      const head = heads.get(meter);
      const aggregation = head?.aggregation ?? "sum";
      const set = aggregation === "max" ? ` ${report.journal} ${JSON.stringify(dimensions)}` : "";
      this.#add(parseInstant(window), `${meter}${set}`, {
        unit: head?.unit ?? "",
        aggregation,
        quantity: decimal(quantity),
      });
    }
  }

  result(): History {
    const spans = [...this.#spans].toSorted(([a], [b]) => a - b);
    return {
      spans: spans.map(([from, totals]) => ({ from, counts: countsOf(totals) })),
      covered: union(this.#covered),
      reports: this.#reports,
    };
  }

  #add(window: Instant, name: string, given: Total): void {
    const span = window - (window % this.#spanSeconds);
    const totals = this.#spans.get(span) ?? new Map<string, Total>();
    this.#spans.set(span, totals);
    const before = totals.get(name);
    if (before === undefined) totals.set(name, given);
    else before.quantity = combined(given.aggregation, before.quantity, given.quantity);
  }
}

function combined(aggregation: Aggregation, a: Decimal, b: Decimal): Decimal {
  return aggregation === "max" ? greater(a, b) : add(a, b);
}

function countsOf(totals: ReadonlyMap<string, Total>): HistoryCount[] {
  const meters = new Map<string, { unit: string; quantity: Decimal }>();
  for (const [name, { unit, quantity }] of totals) {
    const [meter = name] = name.split(" ", 1);
    const before = meters.get(meter);
    meters.set(meter, {
      unit,
      quantity: before === undefined ? quantity : add(before.quantity, quantity),
    });
  }
  return [...meters]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([meter, { unit, quantity }]) => ({ meter, unit, quantity: format(quantity) }));
}
