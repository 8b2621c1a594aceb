/** Quantities and amounts keep every digit. */

import { describe, expect, test } from "vitest";

import { amountText, quantityText, signedAmountText } from "./number-text.ts";

describe("numbers as people read them", () => {
  test.each([
    { given: "0", expected: "0" },
    { given: "999", expected: "999" },
    { given: "1000", expected: "1,000" },
    { given: "18059974", expected: "18,059,974" },
    { given: "1234.5678", expected: "1,234.5678" },
    { given: "-1234.50", expected: "-1,234.50" },
    { given: "123456789012345678.000000000001", expected: "123,456,789,012,345,678.000000000001" },
  ])("$given is $expected", ({ given, expected }) => expect(quantityText(given)).toBe(expected));

  test("amounts name their currency; none is a dash, never 0", () => {
    expect(amountText("1000.00", "usd")).toBe("1,000.00 USD");
    expect(amountText(null, "USD")).toBe("–");
    expect(signedAmountText("241.94", "USD")).toBe("+241.94 USD");
    expect(signedAmountText("-0.01", "USD")).toBe("-0.01 USD");
  });
});
