/** What a credit note must say, decided from the original invoice as Stripe holds it. Pure. */

import { collapsedLineId } from "./document-lines.ts";
import type { FoundInvoice, FoundLine } from "./found-invoice.ts";
import type { CreditLine, CreditPush } from "./payments.ts";

/** A line of the credit note: on a line of Stripe's invoice, or one of its own. */
export type PlannedCreditLine =
  | { readonly on: "invoice_line"; readonly stripeLineId: string; readonly amountMinor: bigint }
  | { readonly on: "nothing"; readonly description: string; readonly amountMinor: bigint };

export type CreditPlan =
  | {
      readonly kind: "issue";
      readonly lines: readonly PlannedCreditLine[];
      /** What was paid already comes back as balance, which the customer's next invoice uses up. */
      readonly toBalanceMinor: bigint;
    }
  | { readonly kind: "refuse"; readonly code: string; readonly detail: string };

/** docs.stripe.com/api/credit_notes/create: what exceeds the amount remaining must be allotted by the caller. */
export function planCredit(note: CreditPush, original: FoundInvoice): CreditPlan {
  if (original.invoiceId !== note.invoice.id || original.currency !== note.currency.toLowerCase()) {
    return refuse("credit_invoice_differs", `${original.stripeInvoiceId} is not that invoice`);
  }
  if (original.status !== "open" && original.status !== "paid") {
    return refuse("credit_invoice_unfit", `the original invoice is ${original.status} in Stripe`);
  }
  const lines = plannedLines(note.lines, original.lines);
  if (typeof lines === "string") return refuse("credit_line_missing", lines);
  const remaining = original.remainingMinor;
  const toBalanceMinor = note.totalMinor > remaining ? note.totalMinor - remaining : 0n;
  return { kind: "issue", lines, toBalanceMinor };
}

/** Credits of one line of Stripe's are added up: it may stand for many of ours. A text says what is missing. */
function plannedLines(
  lines: readonly CreditLine[],
  found: readonly FoundLine[],
): readonly PlannedCreditLine[] | string {
  const byLine = new Map(found.map((line) => [line.lineId, line.stripeLineId]));
  const amounts = new Map<string, bigint>();
  const own: PlannedCreditLine[] = [];
  for (const { originalLineId, description, amountMinor } of lines) {
    if (originalLineId === null) {
      own.push({ on: "nothing", description, amountMinor });
      continue;
    }
    const stripeLineId = byLine.get(originalLineId) ?? byLine.get(collapsedLineId);
    if (stripeLineId === undefined) return `the original invoice has no line ${originalLineId}`;
    amounts.set(stripeLineId, (amounts.get(stripeLineId) ?? 0n) + amountMinor);
  }
  const onLines = [...amounts].map(([stripeLineId, amountMinor]): PlannedCreditLine => ({
    on: "invoice_line",
    stripeLineId,
    amountMinor,
  }));
  return [...onLines, ...own];
}

function refuse(code: string, detail: string): CreditPlan {
  return { kind: "refuse", code, detail };
}
