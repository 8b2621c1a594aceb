import { describe, expect, it } from "vitest";
import { nextSealAfter, sealOffsetSeconds } from "./schedule.ts";

describe("the schedule of seals", () => {
  it("shifts each installation by an amount of its own, for ever the same", () => {
    const offsets = ["acme-prod", "acme-test", "zeta"].map((name) => sealOffsetSeconds(name, 3600));
    expect(new Set(offsets).size).toBe(3);
    expect(offsets).toEqual(
      ["acme-prod", "acme-test", "zeta"].map((name) => sealOffsetSeconds(name, 3600)),
    );
    expect(offsets.every((offset) => offset >= 0 && offset < 300)).toBe(true);
  });

  it("shifts by less than half of a short interval", () => {
    for (let index = 0; index < 100; index += 1) {
      expect(sealOffsetSeconds(`installation-${index}`, 10)).toBeLessThan(5);
    }
  });

  it.each([
    { given: { last: 0, interval: 3600, offset: 120 }, outcome: 120 },
    { given: { last: 119, interval: 3600, offset: 120 }, outcome: 120 },
    { given: { last: 120, interval: 3600, offset: 120 }, outcome: 3720 },
    { given: { last: 3719, interval: 3600, offset: 120 }, outcome: 3720 },
    { given: { last: 100_000, interval: 10, offset: 3 }, outcome: 100_003 },
  ])("$given seals next at $outcome", ({ given, outcome }) => {
    expect(nextSealAfter(given.last, given.interval, given.offset)).toBe(outcome);
  });
});
