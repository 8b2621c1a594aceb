import { Decimal as Oracle } from "decimal.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Decimal } from "./decimal.ts";
import {
  absolute,
  add,
  compare,
  decimal,
  equals,
  format,
  formatFixed,
  greater,
  lesser,
  multiply,
  negate,
  normalize,
  subtract,
  sum,
  tryDecimal,
  zero,
} from "./decimal.ts";
import type { Fraction } from "./fraction.ts";
import {
  addFractions,
  ceilingToScale,
  compareFractions,
  divideFractions,
  floorToScale,
  formatFraction,
  fraction,
  multiplyFractions,
  one,
  roundHalfAwayFromZero,
  toFraction,
} from "./fraction.ts";

// Enough digits that the oracle never rounds sums and products of ours by itself.
const Exact = Oracle.clone({
  precision: 200,
  rounding: Oracle.ROUND_HALF_UP,
  toExpNeg: -200,
  toExpPos: 200,
});

const decimals = fc
  .tuple(fc.bigInt({ min: -(10n ** 28n), max: 10n ** 28n }), fc.nat(18))
  .map(([coefficient, scale]): Decimal => ({ coefficient, scale }));
const fractions = fc
  .tuple(
    fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
    fc.bigInt({ min: 1n, max: 10n ** 12n }),
  )
  .map(([numerator, denominator]) => fraction(numerator, denominator));

function oracle(value: Decimal): Oracle {
  return new Exact(formatFixed(value, undefined));
}

function quotient({ numerator, denominator }: Fraction): Oracle {
  return new Exact(numerator.toString()).div(denominator.toString());
}

describe("decimals agree with decimal.js", () => {
  test("add, subtract, multiply, compare", () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        expect(format(add(a, b))).toBe(oracle(a).plus(oracle(b)).toFixed());
        expect(format(subtract(a, b))).toBe(
          oracle(a).minus(oracle(b)).toFixed().replace(/^-0$/, "0"),
        );
        expect(format(multiply(a, b))).toBe(
          oracle(a).times(oracle(b)).toFixed().replace(/^-0$/, "0"),
        );
        expect(compare(a, b)).toBe(oracle(a).comparedTo(oracle(b)));
        expect(equals(a, b)).toBe(oracle(a).equals(oracle(b)));
        expect(format(greater(a, b))).toBe(
          Exact.max(oracle(a), oracle(b)).toFixed().replace(/^-0$/, "0"),
        );
        expect(format(lesser(a, b))).toBe(
          Exact.min(oracle(a), oracle(b)).toFixed().replace(/^-0$/, "0"),
        );
      }),
    );
  });

  test("text is read and printed back, without trailing zeros or a negative zero", () => {
    fc.assert(
      fc.property(decimals, (value) => {
        expect(format(value)).toBe(oracle(value).toFixed().replace(/^-0$/, "0"));
        expect(equals(decimal(format(value)), value)).toBe(true);
        expect(format(negate(negate(value)))).toBe(format(value));
        expect(format(absolute(value))).toBe(oracle(value).abs().toFixed());
        expect(normalize(value).scale).toBe(oracle(value).decimalPlaces());
      }),
    );
  });

  test("a sum does not depend on its order", () => {
    fc.assert(
      fc.property(fc.array(decimals), (values) => {
        expect(equals(sum(values), sum(values.toReversed()))).toBe(true);
      }),
    );
    expect(sum([])).toEqual(zero);
  });

  test.each([
    "",
    "-",
    "+1",
    "1e3",
    "1.",
    ".5",
    "01",
    "1,000",
    " 1",
    "NaN",
    "Infinity",
    "0x10",
    "1".repeat(63),
  ])("%j is no decimal", (text) => {
    expect(tryDecimal(text)).toBeNull();
    expect(() => decimal(text)).toThrow("is no decimal number");
  });
});

describe("fractions agree with decimal.js", () => {
  test("a rounding is half away from zero, a floor below, a ceiling above", () => {
    fc.assert(
      fc.property(fractions, fc.nat(6), (value, scale) => {
        const rounded = (mode: Oracle.Rounding) =>
          quotient(value)
            .toFixed(scale, mode)
            .replace(/^-(0(\.0+)?)$/, "$1");
        expect(formatFixed(roundHalfAwayFromZero(value, scale), scale)).toBe(
          rounded(Oracle.ROUND_HALF_UP),
        );
        expect(formatFixed(floorToScale(value, scale), scale)).toBe(rounded(Oracle.ROUND_FLOOR));
        expect(formatFixed(ceilingToScale(value, scale), scale)).toBe(rounded(Oracle.ROUND_CEIL));
      }),
    );
  });

  test.each([
    ["0.005", "0.01"],
    ["-0.005", "-0.01"],
    ["2.345", "2.35"],
    ["0.0049999", "0.00"],
  ])("%s is rounded to %s", (exact, rounded) => {
    expect(formatFixed(roundHalfAwayFromZero(toFraction(decimal(exact)), 2), 2)).toBe(rounded);
  });

  test("arithmetic is exact: nothing is lost on the way and back", () => {
    fc.assert(
      fc.property(fractions, fractions, (a, b) => {
        const negative = fraction(-b.numerator, b.denominator);
        expect(addFractions(addFractions(a, b), negative)).toEqual(a);
        expect(compareFractions(a, b)).toBe(quotient(a).comparedTo(quotient(b)));
        const divisor = b.numerator === 0n ? one : b;
        expect(multiplyFractions(divideFractions(a, divisor), divisor)).toEqual(a);
      }),
    );
  });

  test("they are kept in lowest terms with a positive denominator", () => {
    expect(formatFraction(fraction(-72n, -744n))).toBe("3/31");
    expect(formatFraction(fraction(6n, -4n))).toBe("-3/2");
    expect(() => fraction(1n, 0n)).toThrow("denominator");
  });
});
