/** The lines of an invoice as Stripe is to show them: at most 250, the sum unchanged. */

import type { Interval } from "@submeter/shared/time/instant";
import type { PushLine } from "./payments.ts";

/** docs.stripe.com/invoicing: an invoice holds up to 250 line items. */
export const documentLinesMax = 250;

/** The id of the line that stands for all that found no room. */
export const collapsedLineId = "see_statement";

/** Our lines as they are, or the first 249 and one that sums the rest up and points to the statement. */
export function documentLines(lines: readonly PushLine[]): readonly PushLine[] {
  if (lines.length <= documentLinesMax) return lines;
  const shown = lines.slice(0, documentLinesMax - 1);
  const rest = lines.slice(documentLinesMax - 1);
  return [
    ...shown,
    {
      id: collapsedLineId,
      description: `${rest.length} further lines, each on the attached statement`,
      amountMinor: rest.reduce((sum, line) => sum + line.amountMinor, 0n),
      period: hull(rest.map((line) => line.period)),
    },
  ];
}

function hull(periods: readonly Interval[]): Interval {
  return {
    from: periods.reduce((from, period) => Math.min(from, period.from), Infinity),
    to: periods.reduce((to, period) => Math.max(to, period.to), -Infinity),
  };
}
