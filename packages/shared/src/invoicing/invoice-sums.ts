/** The sums at an invoice's foot, in their order: lines ─► discounts ─► credits ─► taxes ─► what is due. */

import type { Discount } from "../contracts/contract.ts";
import type { Decimal } from "../numbers/decimal.ts";
import { add, greater, lesser, subtract, sum, zero } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { afterDiscounts } from "../rating/discounts.ts";
import { taxesOf } from "./tax.ts";

export type InvoiceSums = {
  readonly subtotal: Decimal;
  readonly taxable: Decimal;
  readonly tax: Decimal;
  readonly total: Decimal;
};

/** `credits`: bought before without tax; they lower what is taxed. */
export function invoiceSums(
  lines: readonly Decimal[],
  of: {
    readonly discounts: readonly Pick<Discount, "percent" | "amount">[];
    readonly credits: Decimal;
    readonly taxRates: readonly Fraction[];
  },
  decimals: number,
): InvoiceSums {
  const subtotal = sum(lines);
  const discounted = afterDiscounts(subtotal, of.discounts, decimals);
  const taxable = subtract(discounted, lesser(of.credits, discounted));
  const tax = taxesOf(taxable, of.taxRates, decimals);
  return { subtotal, taxable, tax, total: add(taxable, tax) };
}

/** What is left to pay once a credit note is taken off; never below nothing. */
export function amountDue(total: Decimal, credited: Decimal): Decimal {
  return greater(subtract(total, credited), zero);
}
