/** An amount that is billed as it stands must fit the currency's minor unit; unit prices need not. */

import { minorUnitDecimals } from "../numbers/currency.ts";
import { normalize, tryDecimal } from "../numbers/decimal.ts";
import type { Fault } from "./fault.ts";

export function amountFaults(amount: string, currency: string, path: string): Fault[] {
  const decimals = minorUnitDecimals(currency);
  const value = tryDecimal(amount);
  if (decimals === null || value === null || normalize(value).scale <= decimals) return [];
  return [
    {
      path,
      code: "amount_too_fine",
      detail: `${amount} has more decimals than ${currency}, which has ${decimals}`,
      hint: `write it with at most ${decimals} decimals`,
    },
  ];
}
