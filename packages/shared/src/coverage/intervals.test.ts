import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Interval } from "../time/instant.ts";
import { clip, intersect, secondsWithin, subtract, union } from "./intervals.ts";

const bounds = { from: 0, to: 60 };
const lists = fc.array(fc.record({ from: fc.nat(60), to: fc.nat(60) }), { maxLength: 8 });

/** The slow truth: which seconds belong to the list. */
function secondsOf(list: readonly Interval[]): Set<number> {
  const seconds = new Set<number>();
  for (const { from, to } of list) for (let at = from; at < to; at += 1) seconds.add(at);
  return seconds;
}

function lengthOf(list: readonly Interval[]): number {
  return list.reduce((sum, { from, to }) => sum + (to - from), 0);
}

describe("sets of time", () => {
  test("union is sorted, disjoint, and has each second that any list has", () => {
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const all = union(a, b);
        expect(secondsOf(all)).toEqual(secondsOf([...a, ...b].toSorted((x, y) => x.from - y.from)));
        expect(all.every(({ from, to }, i) => from < to && (all[i - 1]?.to ?? -1) < from)).toBe(
          true,
        );
        expect(lengthOf(all)).toBe(secondsOf(all).size);
      }),
    );
  });

  test("intersect and subtract part a list in two", () => {
    fc.assert(
      fc.property(lists, lists, (x, y) => {
        const [a, b] = [union(x), union(y)];
        expect(union(intersect(a, b), subtract(a, b))).toEqual(a);
        expect(intersect(subtract(a, b), b)).toEqual([]);
        expect(lengthOf(intersect(a, b))).toBe(secondsOf(a).intersection(secondsOf(b)).size);
      }),
    );
  });

  test("what lies within bounds is as long as what is clipped to them", () => {
    fc.assert(
      fc.property(lists, fc.nat(60), fc.nat(60), (x, from, to) => {
        const list = union(x);
        const clipped = from < to ? clip(list, { from, to }) : [];
        expect(secondsWithin(list, from, to)).toBe(lengthOf(clipped));
        expect(clip(list, bounds)).toEqual(list);
      }),
    );
  });
});
