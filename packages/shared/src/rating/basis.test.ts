/** What a statement rests on: by its hours, by what each installation may miss, and how they are printed. */

import { describe, expect, test } from "vitest";
import type { HourCounts, HoursOfPeriod } from "../coverage/hours-of-period.ts";
import { basisOf, grouped, hoursText } from "./basis.ts";
import { spanOf } from "./invoice.ts";

const none = { expected: 744, counted: 744, pending: 0, uncounted: 0, excused: 0, overdue: 0 };
const end = "2026-02-01T00:00:00Z";

function hours(total: Partial<HourCounts>, ...uncounted: readonly number[]): HoursOfPeriod {
  return {
    evaluated_to: end,
    total: { ...none, ...total },
    installations: uncounted.map((some, index) => ({
      ...none,
      installation: `site-${index}`,
      uncounted: some,
      missing: [],
      journals: [],
    })),
  };
}

describe("the basis", () => {
  test("is open while hours are pending or the period was not looked at to its end", () => {
    expect(basisOf(hours({ pending: 1 }), end, 24)).toBe("open");
    expect(basisOf({ ...hours({}), evaluated_to: "2026-01-31T23:00:00Z" }, end, 24)).toBe("open");
  });

  test("forgives what each installation may miss, not what all of them may", () => {
    expect(basisOf(hours({}), end, 24)).toBe("measured");
    expect(basisOf(hours({ uncounted: 30 }, 15, 15), end, 24)).toBe("measured_with_gaps");
    expect(basisOf(hours({ uncounted: 24 }, 24, 0), end, 24)).toBe("measured_with_gaps");
    expect(basisOf(hours({ uncounted: 30 }, 25, 5), end, 24)).toBe("fallback");
    expect(basisOf(hours({ overdue: 1, uncounted: 1 }, 1), end, 24)).toBe("fallback");
  });

  test("is printed with what is pending only where something is", () => {
    expect(hoursText({ ...none, expected: 1488, uncounted: 2 })).toBe(
      "counted 744 · excused 0 · uncounted 2 · overdue 0 of 1,488 installation-hours",
    );
    expect(hoursText({ ...none, pending: 1234 })).toBe(
      "counted 744 · excused 0 · uncounted 0 · overdue 0 · pending 1,234 of 744 installation-hours",
    );
  });
});

test("digits stand in groups of three, decimals as they are", () => {
  expect(["0", "999", "-1000", "1234567.8901"].map(grouped)).toEqual([
    "0",
    "999",
    "-1,000",
    "1,234,567.8901",
  ]);
});

test("a span names its days, and its hours where one of its ends is not midnight", () => {
  const span = (from: string, to: string) => spanOf({ from, to });
  expect(span("2026-01-01T00:00:00Z", end)).toBe("2026-01-01 to 2026-02-01");
  const first = span("2026-01-01T05:00:00Z", end);
  const last = span("2026-01-01T00:00:00Z", "2026-01-31T05:00:00Z");
  expect([first, last].every((text) => text.includes("05:00"))).toBe(true);
});
