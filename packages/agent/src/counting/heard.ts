/** When each declared source was heard: one interval an hour and source, from its first to its last word in it. */

import { type Instant, type Interval, hourFloor } from "@submeter/shared/time/instant";
import type { HeardRow } from "../journal/coverage-tables.ts";

export class Heard {
  /** By source and hour. */
  #intervals = new Map<string, HeardRow>();
  /** By source; since the program started, and of what no report carried then. */
  readonly #lastAt = new Map<string, Instant>();

  constructor(rows: readonly HeardRow[]) {
    this.fold(rows);
  }

  /** What to write when these sources speak in the second that starts at `now`. */
  words(sources: Iterable<string>, now: Instant): HeardRow[] {
    const rows: HeardRow[] = [];
    for (const source of sources) {
      const before = this.#intervals.get(keyOf(source, now));
      if (before !== undefined && before.from <= now && before.to > now) continue;
      const continues = before !== undefined && before.from <= now;
      rows.push({ source, from: continues ? before.from : now, to: now + 1 });
    }
    return rows;
  }

  /** When a source last spoke, as far as it is known; null: it is not. */
  lastAt(source: string): Instant | null {
    return this.#lastAt.get(source) ?? null;
  }

  /** Only after the rows are durable. */
  fold(rows: readonly HeardRow[]): void {
    for (const row of rows) {
      this.#intervals.set(keyOf(row.source, row.from), row);
      const last = row.to - 1;
      this.#lastAt.set(row.source, Math.max(last, this.#lastAt.get(row.source) ?? last));
    }
  }

  /** Only after a report that carries them is durable; what was heard in the second of the seal stays. */
  replace(rows: readonly HeardRow[]): void {
    this.#intervals = new Map();
    this.fold(rows);
  }
}

/** Heard before the whole second `cut`, and what is left for the next report. */
export function splitHeard(rows: readonly HeardRow[], cut: Instant) {
  const before: HeardRow[] = [];
  const after: HeardRow[] = [];
  for (const row of rows) {
    if (row.from < cut) before.push({ ...row, to: Math.min(row.to, cut) });
    if (row.to > cut) after.push({ ...row, from: Math.max(row.from, cut) });
  }
  return { before, after };
}

export function heardOf(source: string, rows: readonly HeardRow[]): Interval[] {
  return rows.filter((row) => row.source === source).map(({ from, to }) => ({ from, to }));
}

function keyOf(source: string, instant: Instant): string {
  return `${hourFloor(instant)} ${source}`;
}
