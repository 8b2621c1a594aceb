import { describe, expect, test } from "vitest";
import {
  decimalsOf,
  fromMinorUnits,
  minimumCharge,
  minorUnitDecimals,
  toMinorUnits,
} from "./currency.ts";
import { decimal, format, formatFixed } from "./decimal.ts";

describe("currencies", () => {
  test.each([
    ["USD", 2, "12.34", 1234n],
    ["JPY", 0, "12", 12n],
    ["KWD", 3, "1.5", 1500n],
    ["EUR", 2, "-0.01", -1n],
  ])("%s has %i decimals: %s is %s minor units", (currency, decimals, amount, minor) => {
    expect(decimalsOf(currency)).toBe(decimals);
    expect(toMinorUnits(decimal(amount), currency)).toBe(minor);
    expect(formatFixed(fromMinorUnits(minor, currency), decimals)).toBe(
      formatFixed(decimal(amount), decimals),
    );
  });

  test("an amount finer than the minor unit is never cut", () => {
    expect(() => toMinorUnits(decimal("0.005"), "USD")).toThrow("does not fit");
  });

  test("an unknown currency says what to write", () => {
    expect(minorUnitDecimals("usd")).toBeNull();
    expect(() => decimalsOf("usd")).toThrow('"usd" is no currency');
  });

  test("the least charge is 0 where none is published", () => {
    expect(format(minimumCharge("USD"))).toBe("0.5");
    expect(format(minimumCharge("JPY"))).toBe("50");
    expect(format(minimumCharge("KWD"))).toBe("0");
  });
});
