import { describe, expect, it } from "vitest";
import { type Alive, begin, carry, joined, restartAt } from "./coverage.ts";

const at = (wallMs: number, monotonicMs = wallMs) => ({ wallMs, monotonicMs });
const since = (wallMs: number): Alive => begin(at(wallMs));

describe("coverage", () => {
  it.each([
    { given: "a start on a whole second", start: 5000, from: 5 },
    { given: "a start within a second", start: 5001, from: 6 },
  ])("begins at the next whole second: $given", ({ start, from }) => {
    expect(since(start).from).toBe(from);
  });

  it.each([
    { given: "time passed", reading: at(65_900), write: [{ from: 5, to: 65 }], from: 5 },
    { given: "less than a second passed", reading: at(5900), write: [], from: 5 },
    { given: "a slewed clock", reading: at(66_900, 65_000), write: [{ from: 5, to: 66 }], from: 5 },
    {
      given: "a clock set an hour ahead after 60 s",
      reading: at(3_665_500, 65_000),
      write: [{ from: 5, to: 65 }],
      from: 3666,
    },
    {
      given: "a clock set back after 60 s",
      reading: at(1_500, 65_000),
      write: [{ from: 5, to: 65 }],
      from: 2,
    },
    {
      given: "a machine that slept for an hour",
      reading: at(3_605_000, 5_000),
      write: [],
      from: 3605,
    },
  ])("is carried on: $given", ({ reading, write, from }) => {
    const carried = carry(since(5000), reading);
    expect(carried.write).toEqual(write);
    expect(carried.alive).toEqual({ from, seen: reading });
  });

  it("goes on from the second of a seal, so that reports abut", () => {
    const before = carry(since(5000), at(3_600_700));
    const after = carry(restartAt(before.alive, 3600), at(3_700_000));
    expect([...before.write, ...after.write]).toEqual([
      { from: 5, to: 3600 },
      { from: 3600, to: 3700 },
    ]);
  });

  it.each([
    { given: [], outcome: [] },
    { given: [[3, 3]], outcome: [] },
    {
      given: [
        [5, 9],
        [1, 3],
      ],
      outcome: [
        [1, 3],
        [5, 9],
      ],
    },
    {
      given: [
        [1, 3],
        [3, 9],
      ],
      outcome: [[1, 9]],
    },
    {
      given: [
        [1, 9],
        [2, 4],
        [8, 12],
      ],
      outcome: [[1, 12]],
    },
  ] as { given: [number, number][]; outcome: [number, number][] }[])(
    "$given joins to $outcome",
    ({ given, outcome }) => {
      const intervals = given.map(([from, to]) => ({ from, to }));
      expect(joined(intervals).map(({ from, to }) => [from, to])).toEqual(outcome);
    },
  );
});
