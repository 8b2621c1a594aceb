/** What an operator types, and what the collector is sent. */

import { parseInstant } from "@submeter/shared/time/instant";
import { describe, expect, test } from "vitest";

import { cycleFlag } from "./cycle-flag.ts";
import { hoursFlag } from "./hours-flag.ts";
import { instantFlag } from "./instant-flag.ts";
import { planReference } from "./plan-reference.ts";

const now = async () => parseInstant("2026-01-08T14:12:00Z");

describe("an instant", () => {
  test.each([
    { given: "2026-01-05", expected: "2026-01-05T00:00:00Z" },
    { given: "2026-01-05T14", expected: "2026-01-05T14:00:00Z" },
    { given: "2026-01-05T14:30:00Z", expected: "2026-01-05T14:30:00Z" },
    { given: "2026-01-05T00:30:00+02:00", expected: "2026-01-04T22:30:00Z" },
    { given: "now", expected: "2026-01-08T14:00:00Z" },
  ])("$given", async ({ given, expected }) =>
    expect(await instantFlag("at", given, now)).toBe(expected),
  );

  test.each(["", "yesterday", "2026-02-31", "2026-13-01", "2026-01-05 14:00", "1767571200"])(
    "%s is none",
    async (given) => {
      await expect(instantFlag("at", given, now)).rejects.toThrow(
        expect.objectContaining({ code: "instant_malformed" }),
      );
    },
  );
});

describe("a cycle", () => {
  test.each([
    { given: "month", expected: { every: "month" } },
    { given: "7d", expected: { every: "days", days: 7 } },
    {
      given: "30d@2026-01-05T06",
      expected: { every: "days", days: 30, anchor: "2026-01-05T06:00:00Z" },
    },
    { given: "30d@first_usage", expected: { every: "days", days: 30, anchor: "first_usage" } },
    { given: "anniversary", expected: { every: "anniversary" } },
    {
      given: "anniversary@2026-01-31",
      expected: { every: "anniversary", anchor: "2026-01-31T00:00:00Z" },
    },
  ])("$given", async ({ given, expected }) =>
    expect(await cycleFlag(given, now)).toEqual(expected),
  );

  test.each(["week", "month@2026-01-05", "d", "7 d", "7d@"])("%s is none", async (given) => {
    await expect(cycleFlag(given, now)).rejects.toThrow(
      expect.objectContaining({ code: "cycle_malformed" }),
    );
  });
});

test("spans are whole hours", () => {
  expect(hoursFlag("report-due", "72h")).toBe(72);
  expect(hoursFlag("report-due", "35d")).toBe(840);
  expect(hoursFlag("report-due", "72")).toBe(72);
  expect(() => hoursFlag("report-due", "1.5h")).toThrow(
    expect.objectContaining({ code: "span_malformed" }),
  );
});

test("plans are named with or without their version", () => {
  expect(planReference("standard")).toEqual({ id: "standard", version: null });
  expect(planReference("standard@2")).toEqual({ id: "standard", version: 2 });
  expect(() => planReference("standard@0")).toThrow(
    expect.objectContaining({ code: "plan_reference_malformed" }),
  );
});
