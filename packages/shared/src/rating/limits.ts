/** What the product is told at a quantity: go on, slow down to a rate, or stop. Data of the plan, asked locally by the product. */

import type { ContractDocument } from "../contracts/contract.ts";
import type { UsageLine } from "../contracts/plan.ts";
import type { Fraction } from "../numbers/fraction.ts";
import { compareFractions, fractionOf, multiplyFractions } from "../numbers/fraction.ts";
import { fractionText } from "./fraction-text.ts";
import { seatTime } from "./seats.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";

export type LimitState =
  /** `next`: the quantity at which that changes; null when it never does. */
  | { readonly kind: "open"; readonly next: string | null }
  | { readonly kind: "throttled"; readonly rate: string; readonly next: string | null }
  | { readonly kind: "stopped" };

/**
 * `used`: in the line's meter, of this period. A contract that opted into overage is neither slowed down nor stopped by
 * limits of that line; the plan must say `opt_in`.
 */
export function limitState(
  line: UsageLine,
  contract: Pick<ContractDocument, "seats" | "overage">,
  period: PeriodOfStatement,
  used: Fraction,
): LimitState {
  const paysOverage =
    line.overage === "opt_in" &&
    (contract.overage ?? []).some((one) => one.line === line.id && one.from <= period.to);
  if (paysOverage) return { kind: "open", next: null };
  const limits = (line.limits ?? []).map((limit) => ({
    ...limit,
    reached: atOf(limit, contract, period),
  }));
  const next = limits.find(({ reached }) => compareFractions(used, reached) < 0)?.reached;
  const nextText = next === undefined ? null : fractionText(next);
  const holding = limits.filter(({ reached }) => compareFractions(used, reached) >= 0).at(-1);
  if (holding === undefined) return { kind: "open", next: nextText };
  return holding.do === "stop"
    ? { kind: "stopped" }
    : { kind: "throttled", rate: holding.rate ?? "", next: nextText };
}

function atOf(
  { at, per }: { readonly at: string; readonly per?: "seat" },
  contract: Pick<ContractDocument, "seats">,
  period: PeriodOfStatement,
): Fraction {
  const quantity = fractionOf(at);
  return per === "seat" ? multiplyFractions(quantity, seatTime(contract, period, true)) : quantity;
}
