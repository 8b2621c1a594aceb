/** The plan's lines for the period, in the plan's own order, each rounded; and what they hand to the next period. */

import type { UsageLine } from "../contracts/plan.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { addFractions, nothing } from "../numbers/fraction.ts";
import { baseFee } from "./base-fee.ts";
import type { Carry } from "./carry.ts";
import { noEvents } from "./events-of-line.ts";
import { decimalText } from "./fraction-text.ts";
import type { RatedLine } from "./line.ts";
import type { RatingContext } from "./rating-context.ts";
import type { Selection } from "./select-prices.ts";
import type { UnbilledUsage } from "./statement.ts";
import type { RatedUsage } from "./usage-line.ts";
import { rateUsageLine } from "./usage-line.ts";

export type LinesOfPeriod = {
  readonly lines: readonly RatedLine[];
  readonly unbilled: readonly UnbilledUsage[];
  readonly carry: Carry;
  readonly credits: Fraction;
};

export const noLines: LinesOfPeriod = { lines: [], unbilled: [], carry: {}, credits: nothing };

export function linesOfPeriod(
  context: RatingContext,
  { priced, events }: Selection,
): LinesOfPeriod {
  const { plan, period } = context.inputs;
  const lines: RatedLine[] = [];
  const used: { line: UsageLine; rated: RatedUsage }[] = [];
  for (const line of plan.lines) {
    switch (line.kind) {
      case "base": {
        const fee = line.timing === "arrears" ? baseFee(line, period, context) : null;
        if (fee !== null) lines.push(fee);
        break;
      }
      case "usage": {
        const of = { prices: priced.get(line.id) ?? [], events: events.get(line.id) ?? noEvents };
        const rated = rateUsageLine(line, of, context);
        lines.push(...rated.lines);
        used.push({ line, rated });
        break;
      }
    }
  }
  return {
    lines,
    unbilled: used.flatMap(({ rated }) => rated.unbilled),
    carry: carryOf(used),
    credits: used.reduce((all, { rated }) => addFractions(all, rated.credits), nothing),
  };
}

function carryOf(used: readonly { line: UsageLine; rated: RatedUsage }[]): Carry {
  const packs = used.flatMap(({ line, rated }) =>
    rated.lots.map(({ id, left }) => ({ id, line: line.id, left: decimalText(left) })),
  );
  const rollover = used.flatMap(({ line, rated }) =>
    rated.rollover === null ? [] : [[line.id, decimalText(rated.rollover)] as const],
  );
  return {
    ...(used.some(({ line }) => line.packs !== undefined) ? { packs } : {}),
    ...(rollover.length > 0 ? { rollover: Object.fromEntries(rollover) } : {}),
  };
}
