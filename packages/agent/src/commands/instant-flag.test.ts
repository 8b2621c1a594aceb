import { formatInstant, parseInstant } from "@submeter/shared/time/instant";
import { describe, expect, it } from "vitest";
import { instantFlag } from "./instant-flag.ts";

const now = parseInstant("2026-01-05T12:30:00Z");

describe("an instant on the command line", () => {
  it.each([
    ["now", "2026-01-05T12:30:00Z"],
    ["2026-01-07", "2026-01-07T00:00:00Z"],
    ["2026-01-07T06", "2026-01-07T06:00:00Z"],
    ["2026-01-07T06:00:00+01:00", "2026-01-07T05:00:00Z"],
    ["+10d", "2026-01-15T12:30:00Z"],
    ["-8h", "2026-01-05T04:30:00Z"],
  ])("%s is %s", (text, instant) => {
    expect(formatInstant(instantFlag("until", text, now))).toBe(instant);
  });

  it.each(["", "tomorrow", "2026-02-30", "10d", "2026-01-07T25"])("%j is none", (text) => {
    expect(() => instantFlag("until", text, now)).toThrow(
      expect.objectContaining({ code: "flag_malformed" }),
    );
  });
});
