/** The totals that no report carries yet, in memory. Work is done on a delta, which is folded in after its commit. */

import { type Decimal, decimal, format } from "@submeter/shared/numbers/decimal";
import type { MeterFile } from "@submeter/shared/metering/meter-file";
import type { CountLine, CountRow } from "../journal/counts-table.ts";
import type { Journal } from "../journal/journal.ts";
import { Cardinality, type Pending } from "./cardinality.ts";
import { type Fact, combine } from "./fact.ts";
import { LineMap } from "./line-map.ts";

export type Count = CountLine & { readonly total: Decimal };

/** `line` is its number in the journal; null before its first commit. */
type HeldCount = Count & { readonly line: number | null };

export class OpenWindows {
  readonly #counts = new LineMap<HeldCount>();
  readonly #cardinality: Cardinality;

  constructor(rows: readonly CountRow[], meters: MeterFile["meters"]) {
    this.#cardinality = new Cardinality(meters);
    this.#cardinality.restore(rows);
    for (const { quantity, ...row } of rows) {
      this.#counts.set(row, { ...row, total: decimal(quantity) });
    }
  }

  get size(): number {
    return this.#counts.size;
  }

  all(): Count[] {
    return [...this.#counts.values()];
  }

  each(): Iterable<Count> {
    return this.#counts.values();
  }

  delta(): Delta {
    return new Delta(this.#counts, this.#cardinality);
  }

  /** Only after the delta's rows are durable. */
  fold(delta: Delta): void {
    for (const count of delta.counts.values()) this.#counts.set(count, count);
    this.#cardinality.fold(delta.newValues);
  }

  /** Only after a report that carries them is durable. */
  clear(): void {
    this.#counts.clear();
    this.#cardinality.clear();
  }
}

const nothing: Decimal = { coefficient: 0n, scale: 0 };

/** Changes as long as its group is counted. */
type Counting = { -readonly [Name in keyof HeldCount]: HeldCount[Name] };

/** New absolute totals of the windows that a group of facts touches. */
export class Delta {
  readonly counts = new LineMap<Counting>();
  readonly newValues: Pending = new Map();
  readonly #base: LineMap<HeldCount>;
  readonly #cardinality: Cardinality;

  constructor(base: LineMap<HeldCount>, cardinality: Cardinality) {
    this.#base = base;
    this.#cardinality = cardinality;
  }

  /** False when the total would no longer fit a report; nothing is counted then. */
  count(fact: Fact): boolean {
    const touched = this.counts.get(fact);
    if (touched !== undefined) return added(touched, fact);
    const base = this.#base.get(fact);
    if (base !== undefined) return this.#touch(base, fact);
    const { meter, window } = fact;
    const dimensions = this.#cardinality.fit(fact, this.newValues);
    const line = { meter, window, dimensions };
    if (dimensions !== fact.dimensions) {
      const overflowing = this.counts.get(line);
      if (overflowing !== undefined) return added(overflowing, fact);
      const before = this.#base.get(line);
      if (before !== undefined) return this.#touch(before, fact);
    }
    this.counts.set(line, { ...line, total: fact.quantity, line: null });
    return true;
  }

  /** Whether {@link count} would find room for the fact; also where its quantity alone would be too large. */
  fits(fact: Fact): boolean {
    let before = this.counts.get(fact) ?? this.#base.get(fact);
    if (before === undefined) {
      const line = { ...fact, dimensions: this.#cardinality.fit(fact, this.newValues) };
      before = this.counts.get(line) ?? this.#base.get(line);
    }
    return combine(fact.aggregation, before?.total ?? nothing, fact.quantity) !== null;
  }

  /** Inside the group's transaction. */
  write(counts: Journal["counts"]): void {
    const totals: (number | string)[] = [];
    for (const count of this.counts.values()) {
      count.line ??= counts.add(count);
      totals.push(count.line, format(count.total));
    }
    counts.put(totals);
  }

  #touch(base: HeldCount, fact: Fact): boolean {
    const count = { ...base };
    if (!added(count, fact)) return false;
    this.counts.set(count, count);
    return true;
  }
}

function added(count: Counting, fact: Fact): boolean {
  const total = combine(fact.aggregation, count.total, fact.quantity);
  if (total === null) return false;
  count.total = total;
  return true;
}
