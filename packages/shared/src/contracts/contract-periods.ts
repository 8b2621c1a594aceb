/** The billing periods of a contract: those of its term, and where it goes on after it, those behind it. */

import type { Instant } from "../time/instant.ts";
import type { Period } from "../time/period.ts";
import { periodAt } from "../time/period.ts";
import { contractTerms, cycleOf } from "./contract-terms.ts";
import type { ContractDocument } from "./contract.ts";

/**
 * The period that holds the instant; null before the term, after it where the contract stops, and while a cycle that starts at
 * first usage has no anchor. A period that the term's end cuts is two: one with the minimum, one without.
 */
export function periodOfContract(
  contract: ContractDocument,
  firstUsageAt: Instant | null,
  at: Instant,
): Period | null {
  const cycle = cycleOf(contract, firstUsageAt);
  if (cycle === null) return null;
  const { term, afterTerm } = contractTerms(contract);
  if (term.to === null || at < term.to) return periodAt(cycle, term, at);
  return afterTerm === "stop" ? null : periodAt(cycle, { from: term.to, to: null }, at);
}

/** The first period is the first; without end unless the contract stops. */
export function* periodsOfContract(
  contract: ContractDocument,
  firstUsageAt: Instant | null,
): Generator<Period, void> {
  const first = contractTerms(contract).term.from;
  let period = periodOfContract(contract, firstUsageAt, first);
  while (period !== null) {
    yield period;
    period = periodOfContract(contract, firstUsageAt, period.to);
  }
}
