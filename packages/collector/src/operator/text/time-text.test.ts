/** Times as people read them, in UTC. */

import { parseInstant } from "@submeter/shared/time/instant";
import { describe, expect, test } from "vitest";

import { minuteText, periodText, relativeText, spanText } from "./time-text.ts";

const hour = 3600;
const day = 24 * hour;

describe("spans", () => {
  test.each([
    { given: 0, expected: "0 s" },
    { given: 59, expected: "59 s" },
    { given: 60, expected: "1 min" },
    { given: hour - 1, expected: "59 min" },
    { given: hour, expected: "1 h" },
    { given: 5 * hour + 12 * 60, expected: "5 h 12 min" },
    { given: 72 * hour, expected: "72 h" },
    { given: 72 * hour + 1, expected: "72 h" },
    { given: 120 * hour, expected: "120 h" },
    { given: 6 * day + 3 * hour, expected: "6 d 3 h" },
    { given: 35 * day, expected: "35 d" },
  ])("$given s is $expected", ({ given, expected }) => expect(spanText(given)).toBe(expected));

  test("before and after", () => {
    expect(relativeText(1000, 1000 + 2 * hour)).toBe("2 h ago");
    expect(relativeText(1000 + 2 * hour, 1000)).toBe("in 2 h");
    expect(relativeText(1000, 1030)).toBe("now");
  });
});

test("seconds are shown only where there are any", () => {
  expect(minuteText(parseInstant("2026-01-08T14:00:00Z"))).toBe("2026-01-08 14:00");
  expect(minuteText(parseInstant("2026-01-08T14:00:07Z"))).toBe("2026-01-08 14:00:07");
});

describe("periods", () => {
  test.each([
    { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", expected: "2026-01" },
    { from: "2024-02-01T00:00:00Z", to: "2024-03-01T00:00:00Z", expected: "2024-02" },
    { from: "2025-12-01T00:00:00Z", to: "2026-01-01T00:00:00Z", expected: "2025-12" },
    {
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-31T00:00:00Z",
      expected: "2026-01-01 – 2026-01-31",
    },
    {
      from: "2026-01-15T06:00:00Z",
      to: "2026-02-01T00:00:00Z",
      expected: "2026-01-15 06:00 – 2026-02-01",
    },
  ])("$from to $to is $expected", ({ expected, ...period }) =>
    expect(periodText(period)).toBe(expected),
  );
});
