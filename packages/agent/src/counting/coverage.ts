/**
 * When the journal was alive and counting: measured by the monotonic clock, split where the wall clock steps, rounded inward
 * to whole seconds. Pure: each step says what to make durable, and the state that holds once it is.
 */

import type { Instant, Interval } from "@submeter/shared/time/instant";

/** A wall clock that moves by this much more or less than the monotonic one was set, not slewed. */
export const stepMsMax = 2000;

export type Reading = { readonly wallMs: number; readonly monotonicMs: number };

/** Counting since `from`, last seen alive at `seen`. Null: not counting. */
export type Alive = { readonly from: Instant; readonly seen: Reading };

export function begin(reading: Reading): Alive {
  return { from: Math.ceil(reading.wallMs / 1000), seen: reading };
}

/** Carries coverage up to `reading`: the intervals to write (by their `from`, growing), and the state after that. */
export function carry(alive: Alive, reading: Reading): { write: Interval[]; alive: Alive } {
  const elapsedMs = reading.monotonicMs - alive.seen.monotonicMs;
  const expectedMs = alive.seen.wallMs + elapsedMs;
  const stepped = Math.abs(reading.wallMs - expectedMs) > stepMsMax;
  // Before a step only the old reckoning is known to be right: the interval ends by it.
  const end = Math.floor((stepped ? expectedMs : reading.wallMs) / 1000);
  return {
    write: end > alive.from ? [{ from: alive.from, to: end }] : [],
    alive: stepped ? begin(reading) : { from: alive.from, seen: reading },
  };
}

/** After a seal at the whole second `cut`, coverage goes on from there, so that reports abut. */
export function restartAt(alive: Alive, cut: Instant): Alive {
  return { from: Math.max(alive.from, cut), seen: alive.seen };
}

/** Sorted and disjoint; what overlaps or touches is joined. */
export function joined(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals.toSorted((a, b) => a.from - b.from || a.to - b.to);
  const result: Interval[] = [];
  for (const { from, to } of sorted) {
    const last = result.at(-1);
    if (last !== undefined && from <= last.to) {
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    } else if (to > from) {
      result.push({ from, to });
    }
  }
  return result;
}
