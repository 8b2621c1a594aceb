import { describe, expect, test } from "vitest";
import { knownPeriods } from "./known-periods.ts";
import type { RecordedPeriod } from "./running-period.ts";

const many = Array.from({ length: 21 }, (_, n) => `site-${n}`);

function reading() {
  let reads = 0;
  const at = (asOf: number) => async (): Promise<RecordedPeriod> => {
    reads += 1;
    return { asOf, usage: [], journals: [] };
  };
  return { at, reads: () => reads };
}

describe("what was recorded of a period", () => {
  test("of few installations is read each time", async () => {
    const known = knownPeriods();
    const { at, reads } = reading();
    const asked = { name: "acme 1 0", installations: many.slice(1), now: 100 };
    await known.recorded(asked, at(100));
    await known.recorded(asked, at(100));
    expect(reads()).toBe(2);
  });

  test("of many is read every half minute, and says of which instant it is", async () => {
    const known = knownPeriods();
    const { at, reads } = reading();
    const asked = (now: number) => ({ name: "acme 1 0", installations: many, now });
    expect((await known.recorded(asked(100), at(100))).asOf).toBe(100);
    expect((await known.recorded(asked(129), at(129))).asOf).toBe(100);
    expect((await known.recorded(asked(130), at(130))).asOf).toBe(130);
    // A clock that was set back.
    expect((await known.recorded(asked(90), at(90))).asOf).toBe(90);
    expect(reads()).toBe(3);
  });

  test("of another version or period is another", async () => {
    const known = knownPeriods();
    const { at, reads } = reading();
    await known.recorded({ name: "acme 1 0", installations: many, now: 100 }, at(100));
    await known.recorded({ name: "acme 2 0", installations: many, now: 100 }, at(100));
    expect(reads()).toBe(2);
  });
});
