/** A map by meter, window and dimensions that makes no key of them: it is asked for every fact. */

import type { CountLine } from "../journal/counts-table.ts";

type ByDimensions<Value> = Map<string, Value>;

export class LineMap<Value> {
  readonly #meters = new Map<string, Map<number, ByDimensions<Value>>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get({ meter, window, dimensions }: CountLine): Value | undefined {
    return this.#meters.get(meter)?.get(window)?.get(dimensions);
  }

  set({ meter, window, dimensions }: CountLine, value: Value): void {
    let windows = this.#meters.get(meter);
    if (windows === undefined) this.#meters.set(meter, (windows = new Map()));
    let values = windows.get(window);
    if (values === undefined) windows.set(window, (values = new Map()));
    this.#size -= values.size;
    values.set(dimensions, value);
    this.#size += values.size;
  }

  *values(): Generator<Value> {
    for (const windows of this.#meters.values()) {
      for (const values of windows.values()) yield* values.values();
    }
  }

  clear(): void {
    this.#meters.clear();
    this.#size = 0;
  }
}
