/** Holds a document of Stripe against our invoice, line by line and by its sum before tax. */

import type { FoundInvoice, FoundLine } from "./found-invoice.ts";
import type { InvoicePush, PushLine } from "./payments.ts";

/** What differs, as sentences for a person; empty when Stripe's document is ours exactly. */
export function differences(
  invoice: InvoicePush,
  lines: readonly PushLine[],
  found: FoundInvoice,
): readonly string[] {
  return [
    ...headDifferences(invoice, found),
    ...lineDifferences(invoice.currency, lines, found.lines),
    ...unequal("the sum before tax", invoice.totalMinor, found.subtotalMinor),
    ...unequal("the total before tax", invoice.totalMinor, found.totalBeforeTaxMinor),
  ];
}

/** What differs apart from the lines, which an empty draft has not got yet. */
export function headDifferences(invoice: InvoicePush, found: FoundInvoice): readonly string[] {
  return [
    ...unequal("the currency", invoice.currency.toLowerCase(), found.currency),
    ...unequal("metadata invoice_id", invoice.id, found.invoiceId),
    ...unequal("metadata lines_hash", invoice.linesHash, found.linesHash),
  ];
}

function lineDifferences(
  currency: string,
  ours: readonly PushLine[],
  theirs: readonly FoundLine[],
): readonly string[] {
  const waiting = new Map(ours.map((line) => [line.id, line]));
  const result: string[] = [];
  for (const line of theirs) {
    const own = line.lineId === null ? undefined : waiting.get(line.lineId);
    if (own === undefined) {
      result.push(
        `line ${line.stripeLineId} of ${line.amountMinor} is not ours, or is there twice`,
      );
      continue;
    }
    waiting.delete(own.id);
    result.push(...unequal(`line ${own.id}`, own.amountMinor, line.amountMinor));
    result.push(
      ...unequal(`the currency of line ${own.id}`, currency.toLowerCase(), line.currency),
    );
  }
  for (const id of waiting.keys()) result.push(`line ${id} is missing`);
  return result;
}

function unequal<T>(what: string, ours: T, theirs: T): readonly string[] {
  return ours === theirs ? [] : [`${what} is ${String(theirs)} in Stripe, ${String(ours)} with us`];
}
