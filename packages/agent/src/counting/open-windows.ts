/** The totals that no report carries yet, in memory. Work is done on a delta, which is folded in after its commit. */

import { type Decimal, decimal, format } from "@submeter/shared/numbers/decimal";
import type { MeterFile } from "@submeter/shared/metering/meter-file";
import type { CountRow } from "../journal/counts-table.ts";
import { Cardinality, type Line, type Pending } from "./cardinality.ts";
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

  readonly #cardinality: Cardinality;

  constructor(rows: readonly CountRow[], meters: MeterFile["meters"]) {
    this.#cardinality = new Cardinality(meters);
    this.#cardinality.restore(rows);
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
    return new Delta(this.#counts, this.#cardinality);
  }

  /** Only after the delta's rows are durable. */
  fold(delta: Delta): void {
    for (const [key, count] of delta.counts) this.#counts.set(key, count);
    this.#cardinality.fold(delta.newValues);
  }

  /** Only after a report that carries them is durable. */
  clear(): void {
    this.#counts = new Map();
    this.#cardinality.clear();
  }
}

/** New absolute totals of the windows that a group of facts touches. */
export class Delta {
  readonly counts = new Map<Key, Count>();
  readonly newValues: Pending = new Map();
  readonly #base: ReadonlyMap<Key, Count>;
  readonly #cardinality: Cardinality;

  constructor(base: ReadonlyMap<Key, Count>, cardinality: Cardinality) {
    this.#base = base;
    this.#cardinality = cardinality;
  }

  /** False when the total would no longer fit a report; nothing is counted then. */
  count(fact: Fact): boolean {
    const { meter, window } = fact;
    let { dimensions } = fact;
    let before = this.#before(fact);
    if (before === undefined) {
      dimensions = this.#cardinality.fit(fact, this.newValues);
      if (dimensions !== fact.dimensions) before = this.#before({ meter, window, dimensions });
    }
    const total =
      before === undefined ? fact.quantity : combine(fact.aggregation, before.total, fact.quantity);
    if (total === null) return false;
    const count = { meter, window, dimensions, total };
    this.counts.set(keyOf(count), count);
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

  #before(line: Line): Count | undefined {
    const key = keyOf(line);
    return this.counts.get(key) ?? this.#base.get(key);
  }
}

/** A space ends the name and the window: neither can hold one. */
function keyOf(line: Line): Key {
  return `${line.meter} ${line.window} ${line.dimensions}`;
}
