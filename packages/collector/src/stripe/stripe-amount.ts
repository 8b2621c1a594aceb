/**
 * The one place where our minor units become the numbers of Stripe's API and come back.
 * Source of the special cases: docs.stripe.com/currencies, "Zero-decimal", "Three-decimal" and "Special case currencies".
 */

import { minorUnitDecimals } from "@submeter/shared/numbers/currency";

/** No minor unit any more in ISO 4217, yet Stripe still counts in hundredths. */
const hundredfoldCurrencies = new Set(["ISK", "UGX"]);

/** An amount in minor units that Stripe can take, as an integer, or why it cannot. */
export type StripeAmount =
  | { readonly kind: "amount"; readonly value: number }
  | { readonly kind: "unpayable"; readonly detail: string };

/** `minor` in ISO 4217 minor units of `currency` (any case), signed. */
export function toStripeAmount(currency: string, minor: bigint): StripeAmount {
  const code = currency.toUpperCase();
  const decimals = minorUnitDecimals(code);
  if (decimals === null) return unpayable(`${code} is no currency that Submeter knows`);
  if (decimals === 3 && minor % 10n !== 0n) {
    return unpayable(`${minor} thousandths of ${code}: Stripe takes multiples of 10 only`);
  }
  const value = Number(hundredfoldCurrencies.has(code) ? minor * 100n : minor);
  if (!Number.isSafeInteger(value)) {
    return unpayable(`${minor} ${code} is more than an exact JSON number holds`);
  }
  return { kind: "amount", value };
}

/** As {@link toStripeAmount} for an amount that was checked before; throws RangeError for any other. */
export function stripeAmount(currency: string, minor: bigint): number {
  const amount = toStripeAmount(currency, minor);
  if (amount.kind === "unpayable") throw new RangeError(amount.detail);
  return amount.value;
}

/** Back to minor units; null when the number is none that Stripe could have meant. */
export function fromStripeAmount(currency: string, value: unknown): bigint | null {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) return null;
  const exact = BigInt(value);
  if (!hundredfoldCurrencies.has(currency.toUpperCase())) return exact;
  return exact % 100n === 0n ? exact / 100n : null;
}

function unpayable(detail: string): StripeAmount {
  return { kind: "unpayable", detail };
}
