import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatInstant, parseInstant } from "./instant.ts";
import type { Cycle } from "./period.ts";
import { addMonths, cycleAt, periodAt, periodsFrom } from "./period.ts";

function starts(cycle: Cycle, from: string, count: number, to: string | null = null): string[] {
  const term = { from: parseInstant(from), to: to === null ? null : parseInstant(to) };
  return periodsFrom(cycle, term)
    .take(count)
    .map((period) => formatInstant(period.from).slice(0, 13))
    .toArray();
}

const hourly = fc
  .integer({
    min: parseInstant("1971-01-01T00:00:00Z") / 3600,
    max: parseInstant("2120-01-01T00:00:00Z") / 3600,
  })
  .map((hour) => hour * 3600);
const cycles = fc.oneof(
  fc.constant<Cycle>({ every: "month" }),
  hourly.map((anchor): Cycle => ({ every: "anniversary", anchor })),
  fc
    .tuple(hourly, fc.integer({ min: 1, max: 366 }))
    .map(([anchor, days]): Cycle => ({ every: "days", anchor, days })),
);

describe("periods", () => {
  test("calendar months, leap years included", () => {
    expect(starts({ every: "month" }, "2028-01-31T00:00:00Z", 4)).toEqual([
      "2028-01-31T00",
      "2028-02-01T00",
      "2028-03-01T00",
      "2028-04-01T00",
    ]);
  });

  test("an anniversary keeps its anchor: 31 January, 28 February, 31 March", () => {
    const anchor = parseInstant("2026-01-31T05:00:00Z");
    expect(starts({ every: "anniversary", anchor }, "2026-01-31T05:00:00Z", 5)).toEqual([
      "2026-01-31T05",
      "2026-02-28T05",
      "2026-03-31T05",
      "2026-04-30T05",
      "2026-05-31T05",
    ]);
    expect(formatInstant(addMonths(anchor, 25))).toBe("2028-02-29T05:00:00Z");
  });

  test("cycles of 30 days roll on from their anchor's hour", () => {
    const anchor = parseInstant("2026-02-10T14:00:00Z");
    expect(starts({ every: "days", days: 30, anchor }, "2026-02-10T14:00:00Z", 3)).toEqual([
      "2026-02-10T14",
      "2026-03-12T14",
      "2026-04-11T14",
    ]);
  });

  test("the term clips a period; the whole cycle stays beside it", () => {
    const term = {
      from: parseInstant("2026-01-15T00:00:00Z"),
      to: parseInstant("2026-02-10T00:00:00Z"),
    };
    expect(periodsFrom({ every: "month" }, term).toArray()).toEqual([
      {
        from: parseInstant("2026-01-15T00:00:00Z"),
        to: parseInstant("2026-02-01T00:00:00Z"),
        cycle: {
          from: parseInstant("2026-01-01T00:00:00Z"),
          to: parseInstant("2026-02-01T00:00:00Z"),
        },
      },
      {
        from: parseInstant("2026-02-01T00:00:00Z"),
        to: parseInstant("2026-02-10T00:00:00Z"),
        cycle: {
          from: parseInstant("2026-02-01T00:00:00Z"),
          to: parseInstant("2026-03-01T00:00:00Z"),
        },
      },
    ]);
    expect(periodAt({ every: "month" }, term, parseInstant("2026-02-10T00:00:00Z"))).toBeNull();
    expect(periodAt({ every: "month" }, term, parseInstant("2026-01-14T23:00:00Z"))).toBeNull();
  });

  test("each instant lies in exactly one cycle, and cycles abut", () => {
    fc.assert(
      fc.property(cycles, hourly, (cycle, at) => {
        const { from, to } = cycleAt(cycle, at);
        expect(from <= at && at < to).toBe(true);
        expect(cycleAt(cycle, from)).toEqual({ from, to });
        expect(cycleAt(cycle, to).from).toBe(to);
        expect(cycleAt(cycle, from - 1).to).toBe(from);
      }),
    );
  });
});
