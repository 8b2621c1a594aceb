/** The hours of a span as arrays: one element an hour, so that a period of a thousand installations stays cheap. */

import type { Instant, Interval } from "../time/instant.ts";
import { secondsPerHour } from "../time/instant.ts";

/** `hours` whole hours from `from`, which is a whole hour. */
export type HourGrid = { readonly from: Instant; readonly hours: number };

/**
 * The states of an hour, from absent to worst: of several journals the greatest decides (billing rules, section 2).
 * `unexpected` hours count nowhere.
 */
export const hourState = {
  unexpected: 0,
  counted: 1,
  excused: 2,
  uncounted: 3,
  overdue: 4,
  pending: 5,
} as const;
export type HourState = (typeof hourState)[keyof typeof hourState];

/** An hour is counted with so many of its seconds covered: a restart of the agent is forgiven, a dead one is not. */
export const countedSecondsMin = 3300;

export function gridOf(from: Instant, to: Instant): HourGrid {
  return { from, hours: Math.max(0, (to - from) / secondsPerHour) };
}

export function startOf(grid: HourGrid, index: number): Instant {
  return grid.from + index * secondsPerHour;
}

/** How many seconds of each hour lie in the list (disjoint, sorted). */
export function secondsByHour(list: readonly Interval[], grid: HourGrid): Uint16Array {
  const seconds = new Uint16Array(grid.hours);
  eachHour(list, grid, (index, covered) => {
    seconds[index] = (seconds[index] ?? 0) + covered;
  });
  return seconds;
}

/** 1 for each hour that the list touches; an interval without length touches the hour that it lies in. */
export function touchedByHour(list: readonly Interval[], grid: HourGrid): Uint8Array {
  const touched = new Uint8Array(grid.hours);
  for (const { from, to } of list) {
    const [first, last] = [indexOf(grid, from), indexOf(grid, Math.max(from, to - 1))];
    touched.fill(1, Math.max(0, first), Math.max(0, last + 1));
  }
  return touched;
}

/** Index of the first whole hour at or after `at`, kept inside `0…hours`. */
export function indexFrom(grid: HourGrid, at: Instant): number {
  return Math.min(grid.hours, Math.max(0, Math.ceil((at - grid.from) / secondsPerHour)));
}

/** Index after the last whole hour before `at`, kept inside `0…hours`. */
export function indexTo(grid: HourGrid, at: Instant): number {
  return Math.min(grid.hours, Math.max(0, indexOf(grid, at)));
}

/** The hours for which `matches` holds, as intervals. */
export function rangesOf(
  states: Uint8Array,
  grid: HourGrid,
  matches: (state: number) => boolean,
): Interval[] {
  const ranges: Interval[] = [];
  for (let index = 0; index < states.length; index += 1) {
    if (!matches(states[index] ?? 0)) continue;
    const from = startOf(grid, index);
    while (index + 1 < states.length && matches(states[index + 1] ?? 0)) index += 1;
    ranges.push({ from, to: startOf(grid, index + 1) });
  }
  return ranges;
}

function indexOf(grid: HourGrid, at: Instant): number {
  return Math.floor((at - grid.from) / secondsPerHour);
}

function eachHour(
  list: readonly Interval[],
  grid: HourGrid,
  visit: (index: number, seconds: number) => void,
): void {
  const end = startOf(grid, grid.hours);
  for (const interval of list) {
    const [from, to] = [Math.max(interval.from, grid.from), Math.min(interval.to, end)];
    for (let at = from; at < to;) {
      const index = indexOf(grid, at);
      const next = Math.min(to, startOf(grid, index + 1));
      visit(index, next - at);
      at = next;
    }
  }
}
