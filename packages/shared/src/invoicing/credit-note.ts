/** What a credit note gives back for the unused part of a fee: the part without tax first, its tax after. */

import type { Decimal } from "../numbers/decimal.ts";
import { add } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { prorated } from "../rating/change-of-plan.ts";
import { taxOf } from "./tax.ts";

export type CreditNoteAmounts = {
  readonly subTotal: Decimal;
  readonly tax: Decimal;
  readonly total: Decimal;
};

export function creditNoteFor(
  amount: Fraction,
  unused: Fraction,
  taxRate: Fraction,
  decimals: number,
): CreditNoteAmounts {
  const subTotal = prorated(amount, unused, decimals);
  const tax = taxOf([subTotal], taxRate, "invoice", decimals);
  return { subTotal, tax, total: add(subTotal, tax) };
}
