/** Bounds the lines that a dimension can make: beyond its cap, new values are counted together under `overflow`. */

import { otherValue, overflowValue } from "@submeter/shared/metering/fit-dimensions";
import type { MeterFile } from "@submeter/shared/metering/meter-file";
import { type Dimensions, dimensionsKey } from "@submeter/shared/wire/dimensions";
import type { CountLine } from "../journal/counts-table.ts";

export class Cardinality {
  readonly #caps: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Distinct values by meter, window and dimension, of what no report carries yet. */
  readonly #values = new Map<string, Set<string>>();

  /** Only dimensions that a pattern describes can grow without end. */
  constructor(meters: MeterFile["meters"]) {
    this.#caps = new Map(
      [...meters.values()].map((meter) => [
        meter.name,
        new Map(
          meter.dimensions
            .filter(({ values }) => values === null)
            .map(({ name, cardinalityMax }) => [name, cardinalityMax]),
        ),
      ]),
    );
  }

  /** The labels under which a line that is not there yet is to be counted. */
  fit(line: CountLine, pending: Pending): string {
    const caps = this.#caps.get(line.meter);
    if (caps === undefined || caps.size === 0) return line.dimensions;
    const given = JSON.parse(line.dimensions) as Dimensions;
    let fitted = given;
    for (const [name, cap] of caps) {
      const value = given[name];
      if (value === undefined || value === otherValue || value === overflowValue) continue;
      const key = keyOf(line, name);
      const [known, added] = [this.#values.get(key), pending.get(key)];
      if (known?.has(value) === true || added?.has(value) === true) continue;
      if ((known?.size ?? 0) + (added?.size ?? 0) >= cap) {
        fitted = { ...fitted, [name]: overflowValue };
      } else if (added === undefined) pending.set(key, new Set([value]));
      else added.add(value);
    }
    return fitted === given ? line.dimensions : dimensionsKey(fitted);
  }

  /** Only after the lines are durable. */
  fold(pending: Pending): void {
    for (const [key, values] of pending) {
      const known = this.#values.get(key);
      if (known === undefined) this.#values.set(key, values);
      else for (const value of values) known.add(value);
    }
  }

  /** What a restart finds in the journal. */
  restore(lines: readonly CountLine[]): void {
    const pending: Pending = new Map();
    for (const line of lines) this.fit(line, pending);
    this.fold(pending);
  }

  clear(): void {
    this.#values.clear();
  }
}

/** Values that a group adds, until it is durable. */
export type Pending = Map<string, Set<string>>;

function keyOf(line: CountLine, dimension: string): string {
  return `${line.meter} ${line.window} ${dimension}`;
}
