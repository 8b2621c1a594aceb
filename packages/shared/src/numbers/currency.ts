/** The currencies a contract can be written in: decimals of the minor unit, and the least amount a card can be charged. */

import { SubmeterError } from "../errors/submeter-error.ts";
import type { Decimal } from "./decimal.ts";
import { decimal, rescale, zero } from "./decimal.ts";

/** ISO 4217, upper case. */
export type Currency = string;

// ISO 4217, list one (https://www.iso.org/iso-4217-currency-codes.html): those with two decimals.
const twoDecimals = new Set(
  (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP " +
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES " +
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB " +
    "PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY " +
    "TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG"
  ).split(" "),
);
const noDecimals = new Set(
  "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" "),
);
const threeDecimals = new Set("BHD IQD JOD KWD LYD OMR TND".split(" "));

/** Decimals of the currency's minor unit; null for a currency that is not known. */
export function minorUnitDecimals(currency: Currency): number | null {
  if (twoDecimals.has(currency)) return 2;
  if (noDecimals.has(currency)) return 0;
  return threeDecimals.has(currency) ? 3 : null;
}

/** As {@link minorUnitDecimals}; throws `currency_unknown`. */
export function decimalsOf(currency: Currency): number {
  const decimals = minorUnitDecimals(currency);
  if (decimals === null) {
    throw new SubmeterError(
      "currency_unknown",
      `${JSON.stringify(currency)} is no currency that Submeter knows`,
      "write its ISO 4217 code in capitals, such as USD",
    );
  }
  return decimals;
}

/** An amount in whole minor units: 12.34 USD is 1234n, 12 JPY is 12n, 1.500 KWD is 1500n. */
export function toMinorUnits(amount: Decimal, currency: Currency): bigint {
  return rescale(amount, decimalsOf(currency)).coefficient;
}

export function fromMinorUnits(minor: bigint, currency: Currency): Decimal {
  return { coefficient: minor, scale: decimalsOf(currency) };
}

// The processor's table "Minimum and maximum charge amounts", https://docs.stripe.com/currencies
const minimumCharges: Readonly<Record<string, string>> = {
  "0.3": "GBP",
  "0.5": "ARS AUD BRL CAD CHF COP EUR ILS INR NZD PHP SGD USD ZAR",
  "1": "BGN",
  "2": "AED MYR PLN RON",
  "2.5": "DKK",
  "3": "NOK SEK",
  "4": "HKD",
  "10": "MXN THB",
  "15": "CZK",
  "50": "JPY KRW",
  "175": "HUF",
};
const minimumChargeOf: ReadonlyMap<Currency, Decimal> = new Map(
  Object.entries(minimumCharges).flatMap(([amount, currencies]) =>
    currencies.split(" ").map((currency) => [currency, decimal(amount)] as const),
  ),
);

/** The least amount that can be charged; 0 where none is published. Corrections below it are carried. */
export function minimumCharge(currency: Currency): Decimal {
  return minimumChargeOf.get(currency) ?? zero;
}
