/** What can never become a document of Stripe, told before anything is sent. */

import type { Refused } from "./payments.ts";
import { toStripeAmount } from "./stripe-amount.ts";

/** Null when it can be sent. Amounts in minor units of `currency`. */
export function refusalBeforePush(
  currency: string,
  lines: readonly { readonly id: string; readonly amountMinor: bigint }[],
  totalMinor: bigint,
): Refused | null {
  const sum = lines.reduce((total, line) => total + line.amountMinor, 0n);
  if (sum !== totalMinor) {
    return refused("invoice_sum_unequal", `the lines sum to ${sum}, the total is ${totalMinor}`);
  }
  if (totalMinor < 0n) {
    return refused("invoice_negative", `a total of ${totalMinor}: a decrease is a credit note`);
  }
  for (const amount of [...lines.map((line) => line.amountMinor), totalMinor]) {
    const sendable = toStripeAmount(currency, amount);
    if (sendable.kind === "unpayable") return refused("amount_unpayable", sendable.detail);
  }
  return null;
}

function refused(code: string, detail: string): Refused {
  return { kind: "refused", code, detail };
}
