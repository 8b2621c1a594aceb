/** Where a decrease is given back: on the lines that had billed it, the original invoice's first. */

import { allocateByLargestRemainder } from "@submeter/shared/numbers/allocate";

/** A line of an invoice that billed the period, with what of it has not been given back yet. */
export type BilledLine = {
  readonly id: string;
  /** The statement's line that it is or corrects. */
  readonly statementLine: string;
  readonly description: string;
  readonly remainingMinor: bigint;
};

export type BilledInvoice = { readonly invoice: string; readonly lines: readonly BilledLine[] };

export type CreditedLine = {
  readonly originalLineId: string;
  readonly description: string;
  readonly amountMinor: bigint;
};

export type SpreadCredit = { readonly invoice: string; readonly lines: readonly CreditedLine[] };

/**
 * Splits `amountMinor` over the statement's lines that fell (by how much each fell) and takes each part from the
 * billed lines of it, the original invoice's first; what a line can no longer bear comes from the others in order.
 * The parts sum to `amountMinor` as long as that much remains.
 */
export function spreadCredit(credit: {
  amountMinor: bigint;
  /** Statement line → how much it fell, > 0. */
  falls: ReadonlyMap<string, bigint>;
  invoices: readonly BilledInvoice[];
}): SpreadCredit[] {
  const remaining = credit.invoices.flatMap((invoice) =>
    invoice.lines
      .filter((line) => line.remainingMinor > 0n)
      .map((line) => ({ ...line, invoice: invoice.invoice, left: line.remainingMinor, taken: 0n })),
  );
  const take = (wanted: bigint, from: typeof remaining): bigint => {
    let missing = wanted;
    for (const line of from) {
      const part = line.left < missing ? line.left : missing;
      line.left -= part;
      line.taken += part;
      missing -= part;
    }
    return missing;
  };
  const lines = [...credit.falls.keys()];
  const parts =
    lines.length === 0
      ? []
      : allocateByLargestRemainder(credit.amountMinor, [...credit.falls.values()]);
  let missing = lines.length === 0 ? credit.amountMinor : 0n;
  for (const [index, id] of lines.entries()) {
    missing += take(
      parts[index] ?? 0n,
      remaining.filter((line) => line.statementLine === id),
    );
  }
  missing = take(missing, remaining);
  if (missing > 0n) throw new RangeError(`${missing} of the credit was never billed`);
  return credit.invoices
    .map(({ invoice }) => ({
      invoice,
      lines: remaining
        .filter((line) => line.invoice === invoice && line.taken > 0n)
        .map((line) => ({
          originalLineId: line.id,
          description: line.description,
          amountMinor: line.taken,
        })),
    }))
    .filter((part) => part.lines.length > 0);
}
