/** Comp: everything is rated as ever, kept as what it would have cost, and invoiced as nothing. */

import { formatFixed, negate } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import { toFraction } from "../numbers/fraction.ts";
import type { RatedLine } from "./line.ts";
import { lineOf } from "./line.ts";
import type { RatingContext } from "./rating-context.ts";

/** The line that takes the total away; it comes after every minimum (billing rules, section 4, why 1). */
export function compLine(context: RatingContext, total: Decimal): RatedLine[] {
  const { comp } = context.inputs.contract;
  if (comp === undefined || total.coefficient === 0n) return [];
  return [
    lineOf({
      id: "comp",
      kind: "comp",
      description: `Comped: ${comp.reason}`,
      period: context.inputs.period,
      timing: "arrears",
      exact: toFraction(negate(total)),
      decimals: context.decimals,
      counts: null,
      steps: [
        {
          step: "exact",
          value: formatFixed(negate(total), context.decimals),
          note: "all of the above, kept as what it would have cost",
        },
      ],
    }),
  ];
}
