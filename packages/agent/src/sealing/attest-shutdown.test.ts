import { parseInstant } from "@submeter/shared/time/instant";
import { describe, expect, it } from "vitest";
import { attested, ended } from "./attest-shutdown.ts";

const now = parseInstant("2026-01-05T12:00:00Z");
const day = 86_400;
const shutdown = { from: null, until: now + 10 * day, reason: "closed", by: null };

describe("a shutdown that is attested", () => {
  it("begins now unless it says when", () => {
    expect(attested(shutdown, now)).toEqual({ ...shutdown, from: now });
    expect(attested({ ...shutdown, from: now + day }, now).from).toBe(now + day);
  });

  it("may have ended ten days ago, to the second", () => {
    const past = { ...shutdown, from: now - 20 * day, until: now - 10 * day };
    expect(attested(past, now)).toEqual(past);
    expect(() => attested({ ...past, until: past.until - 1 }, now)).toThrow(
      expect.objectContaining({ code: "shutdown_too_late" }),
    );
  });

  it.each([
    ["ends in the past and does not say when it began", { until: now }],
    ["ends before it begins", { from: now + 11 * day }],
    ["ends as it begins", { from: now + 10 * day }],
    ["lasts for more than a year", { until: now + 367 * day }],
    ["has no reason", { reason: " " }],
    ["has a reason of two lines", { reason: "a\nb" }],
    ["is attested by nobody that can be read", { by: "" }],
  ])("is refused when it %s", (_given, changes) => {
    expect(() => attested({ ...shutdown, ...changes }, now)).toThrow(
      expect.objectContaining({ code: "shutdown_malformed" }),
    );
  });
});

describe("ending", () => {
  const running = { from: now - day, until: now + day, reason: "closed", by: null };
  const next = { from: now + 5 * day, until: now + 6 * day, reason: "closed again", by: null };

  it("cuts the one that runs, before it touches one to come", () => {
    expect(ended([running, next], now)).toEqual({ ...running, until: now });
  });

  it("takes back the next one when none runs", () => {
    expect(ended([next], now)).toEqual({ ...next, until: next.from });
  });

  it.each([
    ["there is none", []],
    ["it has ended", [{ ...running, until: now }]],
    ["it was taken back", [{ ...next, until: next.from }]],
  ])("is refused when %s", (_given, known) => {
    expect(() => ended(known, now)).toThrow(
      expect.objectContaining({ code: "shutdown_not_running" }),
    );
  });
});
