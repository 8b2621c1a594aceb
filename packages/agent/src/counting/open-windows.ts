/** The totals that no report carries yet, in memory. Work is done on a delta, which is folded in after its commit. */

import { type Decimal, decimal, format } from "@submeter/shared/numbers/decimal";
import type { CountRow } from "../journal/counts-table.ts";
import { type Fact, combine } from "./fact.ts";

export type Count = {
  readonly meter: string;
  readonly window: number;
  readonly dimensions: string;
  readonly total: Decimal;
};

type Key = string;

export class OpenWindows {
  #counts = new Map<Key, Count>();

  constructor(rows: readonly CountRow[]) {
    for (const row of rows) {
      this.#counts.set(keyOf(row), { ...row, total: decimal(row.quantity) });
    }
  }

  get size(): number {
    return this.#counts.size;
  }

  all(): Count[] {
    return [...this.#counts.values()];
  }

  delta(): Delta {
    return new Delta(this.#counts);
  }

  /** Only after the delta's rows are durable. */
  fold(delta: Delta): void {
    for (const [key, count] of delta.counts) this.#counts.set(key, count);
  }

  /** Only after a report that carries them is durable. */
  clear(): void {
    this.#counts = new Map();
  }
}

/** New absolute totals of the windows that a group of facts touches. */
export class Delta {
  readonly counts = new Map<Key, Count>();
  readonly #base: ReadonlyMap<Key, Count>;

  constructor(base: ReadonlyMap<Key, Count>) {
    this.#base = base;
  }

  /** False when the total would no longer fit a report; nothing is counted then. */
  count(fact: Fact): boolean {
    const key = keyOf(fact);
    const before = this.counts.get(key) ?? this.#base.get(key);
    const total =
      before === undefined ? fact.quantity : combine(fact.aggregation, before.total, fact.quantity);
    if (total === null) return false;
    const { meter, window, dimensions } = fact;
    this.counts.set(key, { meter, window, dimensions, total });
    return true;
  }

  /** As the journal writes them. */
  rows(): CountRow[] {
    return [...this.counts.values()].map((count) => ({
      meter: count.meter,
      window: count.window,
      dimensions: count.dimensions,
      quantity: format(count.total),
    }));
  }
}

/** A space ends the name and the window: neither can hold one. */
function keyOf(part: { meter: string; window: number; dimensions: string }): Key {
  return `${part.meter} ${part.window} ${part.dimensions}`;
}
