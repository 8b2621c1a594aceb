import { type Decimal, decimal, format } from "@submeter/shared/numbers/decimal";
import { describe, expect, it } from "vitest";
import { decimalOfDouble, floorToScale, readNumber, readPrintedDouble } from "./printed-number.ts";

function shown(value: Decimal | null): string | null {
  return value === null ? null : format(value);
}

describe("a printed number", () => {
  it.each([
    ["1", "1"],
    ["+1.50", "1.5"],
    ["-2", "-2"],
    [".5", "0.5"],
    ["5.", "5"],
    ["1.5e3", "1500"],
    ["1.5E-3", "0.0015"],
    ["12345678901234567890", "12345678901234567890"],
    ["NaN", null],
    ["+Inf", null],
    ["0x10", null],
    ["", null],
    [".", null],
    ["1e999", null],
    ["1 ", null],
  ])("%j is %s, exactly", (text, value) => {
    expect(shown(readNumber(text))).toBe(value);
  });

  it.each([
    ["0.30000000000000004", "0.3"],
    ["2.9999999999999996", "3"],
    ["9007199254740993", "9007199254740993"],
    ["1.7976931348623157e+38", "179769313486231570000000000000000000000"],
  ])("%s, as a double prints it, means %s", (text, value) => {
    expect(shown(readPrintedDouble(text))).toBe(value);
  });

  it.each([
    [0.1 + 0.2, "0.3"],
    [5, "5"],
    [1e21, "1000000000000000000000"],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
  ])("the double %d means %s", (value, text) => {
    expect(shown(decimalOfDouble(value))).toBe(text);
  });

  it.each([
    ["1.29", 1, "1.2"],
    ["-1.21", 1, "-1.3"],
    ["-1.2", 1, "-1.2"],
    ["7", 3, "7"],
  ])("%s is cut to %d decimals as %s", (text, scale, value) => {
    expect(format(floorToScale(decimal(text), scale))).toBe(value);
  });
});
