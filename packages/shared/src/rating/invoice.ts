/** An invoice: a statement's lines, and the adjustments of earlier periods beside them. The adjustments change nothing about the statement. */

import { SubmeterError } from "../errors/submeter-error.ts";
import { decimalsOf } from "../numbers/currency.ts";
import { decimal, formatFixed, isNegative, sum } from "../numbers/decimal.ts";
import type { Correction } from "./correction.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";
import type { Statement } from "./statement.ts";

/** A correction and the invoice that it corrects; `number` null while that one has none. */
export type Adjustment = {
  readonly invoice: { readonly number: string | null; readonly date: string };
  readonly correction: Correction;
};

export type InvoiceLine = {
  /** Unique on the invoice. */
  readonly id: string;
  readonly description: string;
  readonly period: { readonly from: string; readonly to: string };
  readonly amount: string;
  /** Null for a line of the statement. */
  readonly adjusts: {
    readonly invoice: string | null;
    readonly invoice_date: string;
    readonly period: { readonly from: string; readonly to: string };
    readonly line: string;
    /** The original line's description, and its amount in the two statements; null where it has none. */
    readonly description: string;
    readonly before: string | null;
    readonly after: string | null;
    readonly from_number: number;
    readonly to_number: number;
  } | null;
};

export type InvoiceDocument = {
  readonly version: 1;
  readonly customer: string;
  readonly contract: string;
  readonly currency: string;
  /** Null on a settlement after the contract's end, which carries adjustments only. */
  readonly statement: Pick<
    Statement,
    "number" | "scope" | "basis" | "fallback" | "provisional" | "hours" | "plan" | "inputs_digest"
  > | null;
  readonly period: PeriodOfStatement;
  readonly lines: readonly InvoiceLine[];
  readonly statement_total: string;
  readonly adjustments_total: string;
  readonly total: string;
};

export function composeInvoice(
  statement: Statement,
  adjustments: readonly Adjustment[],
): InvoiceDocument {
  const { number, scope, basis, fallback, provisional, hours, plan, inputs_digest } = statement;
  return composed({
    customer: statement.customer,
    contract: statement.contract.id,
    currency: statement.currency,
    statement: { number, scope, basis, fallback, provisional, hours, plan, inputs_digest },
    period: statement.period,
    own: statement.lines.map(({ id, description, period, amount }) => ({
      id,
      description,
      period,
      amount,
      adjusts: null,
    })),
    adjustments,
  });
}

/** What is still owed after the contract's end; null when there is nothing. */
export function composeSettlement(adjustments: readonly Adjustment[]): InvoiceDocument | null {
  const last = adjustments.at(-1)?.correction;
  if (last === undefined) return null;
  const { customer, contract, currency, period } = last;
  return composed({ customer, contract, currency, statement: null, period, own: [], adjustments });
}

type Parts = Pick<
  InvoiceDocument,
  "customer" | "contract" | "currency" | "statement" | "period"
> & {
  readonly own: readonly InvoiceLine[];
  readonly adjustments: readonly Adjustment[];
};

function composed({ own, adjustments, ...parts }: Parts): InvoiceDocument {
  const decimals = decimalsOf(parts.currency);
  const adjusting = adjustments.flatMap(adjustmentLines);
  const sumOf = (lines: readonly InvoiceLine[]) => sum(lines.map(({ amount }) => decimal(amount)));
  const total = sumOf([...own, ...adjusting]);
  if (isNegative(total)) {
    throw new SubmeterError(
      "invoice_negative",
      `the invoice of ${parts.customer} would come to ${formatFixed(total, decimals)} ${parts.currency}`,
      "credit decreases by a credit note to the original invoice instead",
    );
  }
  return {
    version: 1,
    ...parts,
    lines: [...own, ...adjusting],
    statement_total: formatFixed(sumOf(own), decimals),
    adjustments_total: formatFixed(sumOf(adjusting), decimals),
    total: formatFixed(total, decimals),
  };
}

/** One line for each original line, naming its invoice and its period. */
function adjustmentLines({ invoice, correction }: Adjustment): InvoiceLine[] {
  const { from_number, to_number } = correction;
  // A correction that changes no amount is no line of 0.00: the statement only becomes another version.
  if (correction.direction === "none") return [];
  const original =
    invoice.number === null
      ? `the invoice of ${invoice.date}`
      : `invoice ${invoice.number} of ${invoice.date}`;
  return correction.lines.map(({ line, description, period, before, after, amount }) => ({
    id: `adjustment/${correction.period.from}/${from_number}-${to_number}/${line}`,
    description: `Adjustment to ${original}, service period ${spanOf(period)}: ${description}`,
    period,
    amount,
    adjusts: {
      invoice: invoice.number,
      invoice_date: invoice.date,
      period,
      line,
      description,
      before,
      after,
      from_number,
      to_number,
    },
  }));
}

/** Days where both ends are midnights, else hours; both ends as written, the second exclusive. */
export function spanOf({ from, to }: { readonly from: string; readonly to: string }): string {
  const midnight = "T00:00:00Z";
  const days = from.endsWith(midnight) && to.endsWith(midnight);
  const short = (instant: string) => instant.slice(0, days ? 10 : 16).replace("T", " ");
  return `${short(from)} to ${short(to)}`;
}
