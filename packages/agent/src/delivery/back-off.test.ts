import { describe, expect, it } from "vitest";
import { backOffMs, delayMsMax, retryAfterSeconds } from "./back-off.ts";

const justBelowOne = 0.999_999;

describe("waiting after an answer that was no receipt", () => {
  it.each([
    { attempt: 1, bound: 2000 },
    { attempt: 2, bound: 4000 },
    { attempt: 9, bound: 512_000 },
    { attempt: 10, bound: delayMsMax },
    { attempt: 100_000, bound: delayMsMax },
  ])("is anywhere from nothing to $bound ms at attempt $attempt", ({ attempt, bound }) => {
    expect(backOffMs(attempt, false, 0)).toBe(0);
    expect(backOffMs(attempt, false, justBelowOne)).toBeLessThan(bound);
    expect(backOffMs(attempt, false, justBelowOne)).toBeGreaterThan(bound * 0.99);
  });

  it("is at least a minute when the key was refused", () => {
    expect(backOffMs(1, true, 0)).toBe(60_000);
    expect(backOffMs(1, true, justBelowOne)).toBeLessThanOrEqual(delayMsMax);
  });

  const now = Date.UTC(2026, 0, 5, 10) / 1000;
  it.each([
    { given: undefined, outcome: null },
    { given: "120", outcome: 120 },
    { given: "0", outcome: 0 },
    { given: "Mon, 05 Jan 2026 10:02:00 GMT", outcome: 120 },
    { given: "Mon, 05 Jan 2026 09:00:00 GMT", outcome: 0 },
    { given: "999999999", outcome: 86_400 },
    { given: "soon", outcome: null },
    { given: "-5", outcome: 0 },
  ])("obeys Retry-After $given: $outcome", ({ given, outcome }) => {
    expect(retryAfterSeconds(given, now)).toBe(outcome);
  });
});
