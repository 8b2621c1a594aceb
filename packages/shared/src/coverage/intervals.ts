/** Sets of time as lists of half-open intervals: sorted, disjoint, none empty, as {@link union} makes them. */

import type { Instant, Interval } from "../time/instant.ts";

/** Later than any instant that a document can name (9999-12-31T23:00:00Z): the end of what has none. */
export const endless: Instant = 253_402_297_200;

/** One set of all: sorted, overlapping and abutting ones merged, empty ones dropped. */
export function union(...lists: readonly (readonly Interval[])[]): Interval[] {
  const sorted = lists
    .flat()
    .filter(({ from, to }) => from < to)
    .toSorted((a, b) => a.from - b.from);
  const merged: Interval[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (last === undefined || next.from > last.to) merged.push(next);
    else if (next.to > last.to) merged[merged.length - 1] = { from: last.from, to: next.to };
  }
  return merged;
}

export function intersect(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const common: Interval[] = [];
  for (let i = 0, j = 0; ;) {
    const [x, y] = [a[i], b[j]];
    if (x === undefined || y === undefined) return common;
    const [from, to] = [Math.max(x.from, y.from), Math.min(x.to, y.to)];
    if (from < to) common.push({ from, to });
    if (x.to < y.to) i += 1;
    else j += 1;
  }
}

/** What is in `a` and not in `b`. */
export function subtract(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const left: Interval[] = [];
  let skip = 0;
  for (const { from, to } of a) {
    while ((b[skip]?.to ?? endless) <= from) skip += 1;
    let start = from;
    for (let i = skip; start < to; i += 1) {
      const hole = b[i];
      if (hole === undefined || hole.from >= to) break;
      if (hole.from > start) left.push({ from: start, to: hole.from });
      start = Math.max(start, hole.to);
    }
    if (start < to) left.push({ from: start, to });
  }
  return left;
}

export function clip(list: readonly Interval[], bounds: Interval): Interval[] {
  return intersect(list, [bounds]);
}

/** Seconds of the list between `from` and `to`. */
export function secondsWithin(list: readonly Interval[], from: Instant, to: Instant): number {
  let seconds = 0;
  for (const interval of list) {
    if (interval.from >= to) break;
    seconds += Math.max(0, Math.min(interval.to, to) - Math.max(interval.from, from));
  }
  return seconds;
}
