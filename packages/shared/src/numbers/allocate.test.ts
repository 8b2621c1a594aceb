import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocateByLargestRemainder } from "./allocate.ts";

describe("an allocation by largest remainder", () => {
  test.each([
    { whole: 10n, weights: [1n, 1n, 1n], parts: [4n, 3n, 3n] },
    { whole: 100n, weights: [333n, 333n, 334n], parts: [33n, 33n, 34n] },
    { whole: 999n, weights: [1n, 1n], parts: [500n, 499n] },
    { whole: 5n, weights: [0n, 7n], parts: [0n, 5n] },
    { whole: 0n, weights: [3n, 4n], parts: [0n, 0n] },
  ])("splits $whole by $weights into $parts", ({ whole, weights, parts }) => {
    expect(allocateByLargestRemainder(whole, weights)).toEqual(parts);
  });

  test("always sums to the whole, each part within one unit of its exact share", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 18n }),
        fc
          .array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 40 })
          .filter((weights) => weights.some((weight) => weight > 0n)),
        (whole, weights) => {
          const total = weights.reduce((sum, weight) => sum + weight, 0n);
          const parts = allocateByLargestRemainder(whole, weights);
          expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(whole);
          for (const [index, part] of parts.entries()) {
            const scaled = whole * (weights[index] ?? 0n);
            expect(part >= scaled / total && part <= scaled / total + 1n).toBe(true);
          }
        },
      ),
    );
  });

  test.each([
    { whole: 1n, weights: [] },
    { whole: 1n, weights: [0n] },
    { whole: -1n, weights: [1n] },
  ])("refuses $whole by $weights", ({ whole, weights }) => {
    expect(() => allocateByLargestRemainder(whole, weights)).toThrow(RangeError);
  });
});
