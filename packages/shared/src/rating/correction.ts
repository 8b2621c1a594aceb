/** A correction: statement n + 1 minus statement n, line by line. What was paid, voided or credited since plays no part. */

import { SubmeterError } from "../errors/submeter-error.ts";
import { decimalsOf } from "../numbers/currency.ts";
import { decimal, formatFixed, isNegative, isZero, subtract, sum } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";
import type { Basis, LineKind, Statement, StatementLine } from "./statement.ts";

export type CorrectionLine = {
  /** The id of the line in both statements. */
  readonly line: string;
  readonly kind: LineKind;
  readonly description: string;
  /** What the original line was for. */
  readonly period: { readonly from: string; readonly to: string };
  /** The line's amount in statement n and n + 1; null where it has none. */
  readonly before: string | null;
  readonly after: string | null;
  /** After − before, never 0. */
  readonly amount: string;
};

export type Correction = {
  readonly version: 1;
  readonly customer: string;
  readonly contract: string;
  readonly currency: string;
  /** The period that is corrected. */
  readonly period: PeriodOfStatement;
  readonly from_number: number;
  readonly to_number: number;
  readonly basis: { readonly before: Basis; readonly after: Basis };
  /** Whether the corrected statement is final where the original was provisional. */
  readonly settles: boolean;
  readonly direction: "increase" | "decrease" | "none";
  readonly lines: readonly CorrectionLine[];
  readonly total: string;
  /** The total of statement n, by which large corrections are told. */
  readonly original_total: string;
};

/** Both statements are of one contract and period. */
export function correctionBetween(before: Statement, after: Statement): Correction {
  requireSamePeriod(before, after);
  const decimals = decimalsOf(after.currency);
  const lines = differingLines(before.lines, after.lines, decimals);
  const total = sum(lines.map(({ amount }) => decimal(amount)));
  return {
    version: 1,
    customer: after.customer,
    contract: after.contract.id,
    currency: after.currency,
    period: after.period,
    from_number: before.number,
    to_number: after.number,
    basis: { before: before.basis, after: after.basis },
    settles: before.provisional && !after.provisional,
    direction: directionOf(total),
    lines,
    total: formatFixed(total, decimals),
    original_total: before.total,
  };
}

function differingLines(
  before: readonly StatementLine[],
  after: readonly StatementLine[],
  decimals: number,
): CorrectionLine[] {
  const originals = new Map(before.map((line) => [line.id, line]));
  const ids = new Set(after.map(({ id }) => id));
  // In the order of the new statement; what it no longer has comes last.
  const pairs = [
    ...after.map((line) => ({
      line,
      was: originals.get(line.id),
      is: line as StatementLine | undefined,
    })),
    ...before.filter(({ id }) => !ids.has(id)).map((line) => ({ line, was: line, is: undefined })),
  ];
  return pairs.flatMap(({ line, was, is }) => {
    const difference = subtract(decimal(is?.amount ?? "0"), decimal(was?.amount ?? "0"));
    if (isZero(difference)) return [];
    return [
      {
        line: line.id,
        kind: line.kind,
        description: line.description,
        period: line.period,
        before: was?.amount ?? null,
        after: is?.amount ?? null,
        amount: formatFixed(difference, decimals),
      },
    ];
  });
}

function directionOf(total: Decimal): Correction["direction"] {
  if (isZero(total)) return "none";
  return isNegative(total) ? "decrease" : "increase";
}

function requireSamePeriod(before: Statement, after: Statement): void {
  const same =
    before.contract.id === after.contract.id &&
    before.period.from === after.period.from &&
    before.scope === after.scope &&
    before.currency === after.currency;
  if (same && after.number > before.number) return;
  throw new SubmeterError(
    "correction_mismatch",
    `statement ${after.number} of ${after.contract.id} from ${after.period.from} does not follow statement ${before.number} of ${before.contract.id} from ${before.period.from}`,
    "compare two statements of one contract and one period, the later one second",
  );
}
