import { describe, expect, test } from "vitest";
import { fromStripeAmount, stripeAmount, toStripeAmount } from "./stripe-amount.ts";

describe("minor units become Stripe's integers", () => {
  test.each([
    { currency: "USD", minor: 1234n, value: 1234 },
    { currency: "usd", minor: -1n, value: -1 },
    { currency: "JPY", minor: 500n, value: 500 },
    { currency: "KWD", minor: 1500n, value: 1500 },
    // No minor unit in ISO 4217, hundredths in Stripe.
    { currency: "ISK", minor: 12n, value: 1200 },
    { currency: "UGX", minor: 3000n, value: 300_000 },
    { currency: "EUR", minor: 9_007_199_254_740_991n, value: 9_007_199_254_740_991 },
  ])("$minor $currency is $value, and back", ({ currency, minor, value }) => {
    expect(toStripeAmount(currency, minor)).toEqual({ kind: "amount", value });
    expect(fromStripeAmount(currency, value)).toBe(minor);
  });

  test.each([
    { currency: "USD", minor: 9_007_199_254_740_992n, why: "no JSON number holds it exactly" },
    { currency: "ISK", minor: 90_071_992_547_410n, why: "a hundred times it is too large" },
    { currency: "KWD", minor: 1501n, why: "Stripe takes multiples of ten thousandths" },
    { currency: "XXX", minor: 1n, why: "nobody knows the currency" },
  ])("$minor $currency does not: $why", ({ currency, minor }) => {
    expect(toStripeAmount(currency, minor).kind).toBe("unpayable");
    expect(() => stripeAmount(currency, minor)).toThrow(RangeError);
  });
});

test.each([1.5, 9_007_199_254_740_992, "12", null, Number.NaN])(
  "%s from Stripe is no amount",
  (value) => {
    expect(fromStripeAmount("USD", value)).toBeNull();
  },
);

test("a fraction of an Icelandic króna is no amount of ours", () => {
  expect(fromStripeAmount("ISK", 1250)).toBeNull();
});
