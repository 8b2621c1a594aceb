import { describe, expect, it } from "vitest";
import { parseInstant } from "../time/instant.ts";
import { encodeShutdowns, type Shutdown, shutdownsIn, shutdownsMax } from "./shutdowns.ts";

const winter: Shutdown = {
  from: parseInstant("2026-12-22T18:00:00Z"),
  until: parseInstant("2027-01-02T06:00:00Z"),
  reason: "the plant is closed over the holidays",
  by: "M. Keller",
};
const stated = {
  from: "2026-12-22T18:00:00Z",
  until: "2027-01-02T06:00:00Z",
  reason: "the plant is closed over the holidays",
};

describe("attested shutdowns under a report's x", () => {
  it("are read as they were written, and nothing is written without one", () => {
    expect(encodeShutdowns([winter])).toEqual({ shutdowns: [{ ...stated, by: "M. Keller" }] });
    expect(shutdownsIn(encodeShutdowns([winter, { ...winter, by: null }]))).toEqual([
      winter,
      { ...winter, by: null },
    ]);
    expect(encodeShutdowns([])).toBeUndefined();
  });

  it("may end where they begin: that takes back what was attested from there", () => {
    expect(shutdownsIn({ shutdowns: [{ ...stated, until: stated.from }] })).toHaveLength(1);
  });

  it.each([
    ["no x", undefined],
    ["an x of somebody else's", { build: "7" }],
    ["no list", { shutdowns: stated }],
    ["no object", { shutdowns: ["2026"] }],
    ["no reason", { shutdowns: [{ from: stated.from, until: stated.until }] }],
    ["an empty reason", { shutdowns: [{ ...stated, reason: "" }] }],
    ["a reason of two lines", { shutdowns: [{ ...stated, reason: "a\nb" }] }],
    ["an endless reason", { shutdowns: [{ ...stated, reason: "x".repeat(201) }] }],
    ["no date of the calendar", { shutdowns: [{ ...stated, from: "2026-02-30T00:00:00Z" }] }],
    ["an end before the beginning", { shutdowns: [{ ...stated, until: "2026-12-22T17:59:59Z" }] }],
    ["times before 1970", { shutdowns: [{ ...stated, from: "1969-12-31T23:59:59Z" }] }],
  ])("%s: none", (_given, x) => {
    expect(shutdownsIn(x)).toEqual([]);
  });

  it("do not spoil each other, and are no more than one report may have", () => {
    expect(shutdownsIn({ shutdowns: [null, stated] })).toEqual([{ ...winter, by: null }]);
    const many = Array.from({ length: shutdownsMax + 1 }, () => stated);
    expect(shutdownsIn({ shutdowns: many })).toHaveLength(shutdownsMax);
  });
});
