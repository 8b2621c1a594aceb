/** A contract with all its versions, as billing reads it: its periods, and the version and plan that rule each. */

import { contractTerms, cycleOf, termOf } from "@submeter/shared/contracts/contract-terms";
import type { ContractDocument } from "@submeter/shared/contracts/contract";
import type { PlanDocument } from "@submeter/shared/contracts/plan";
import type { Instant } from "@submeter/shared/time/instant";
import { type Period, periodsFrom, type Term } from "@submeter/shared/time/period";

export type ContractVersion = {
  readonly version: number;
  readonly effectiveFrom: Instant;
  readonly contract: ContractDocument;
  readonly plan: PlanDocument;
};

export type Agreement = {
  readonly id: string;
  readonly customer: string;
  /** Oldest first, never empty. */
  readonly versions: readonly ContractVersion[];
  /** Until when it bills: the term's end, or beyond it where `after_term` continues and no later contract begins. */
  readonly runsTo: Instant | null;
};

export function latestVersion(agreement: Agreement): ContractVersion {
  const latest = agreement.versions.at(-1);
  if (latest === undefined) throw new RangeError(`the contract ${agreement.id} has no version`);
  return latest;
}

/** The highest version that is effective when the period starts. */
export function versionFor(agreement: Agreement, periodFrom: Instant): ContractVersion {
  const effective = agreement.versions.findLast((one) => one.effectiveFrom <= periodFrom);
  return effective ?? agreement.versions[0] ?? latestVersion(agreement);
}

/** The span in which hours are expected and usage is billed. */
export function runOf(agreement: Agreement): Term {
  return { from: termOf(latestVersion(agreement).contract).from, to: agreement.runsTo };
}

/** When billing stops, given where the customer's next contract begins. */
export function runsTo(
  contract: ContractDocument,
  nextContractFrom: Instant | null,
): Instant | null {
  const { term, afterTerm } = contractTerms(contract);
  if (term.to === null || afterTerm === "stop") return term.to;
  return nextContractFrom;
}

/**
 * All billing periods, the first one first: those of the term, then those after it while it continues. Empty while a
 * cycle that begins with the first usage has not begun.
 */
export function* periodsOf(agreement: Agreement, anchor: Instant | null): Generator<Period, void> {
  const { contract } = latestVersion(agreement);
  const cycle = cycleOf(contract, anchor);
  if (cycle === null) return;
  const { term } = contractTerms(contract);
  const begun = anchor === null ? term.from : Math.max(term.from, anchor);
  yield* periodsFrom(cycle, { from: begun, to: term.to });
  if (term.to !== null && (agreement.runsTo === null || agreement.runsTo > term.to)) {
    yield* periodsFrom(cycle, { from: term.to, to: agreement.runsTo });
  }
}

/** The period that starts at `from`, with the one after it; null when there is none (any more). */
export function periodStarting(
  agreement: Agreement,
  anchor: Instant | null,
  from: Instant,
): { period: Period; next: Period | null } | null {
  const periods = periodsOf(agreement, anchor);
  for (let at = periods.next(); !at.done; at = periods.next()) {
    if (at.value.from > from) return null;
    if (at.value.from === from) {
      const next = periods.next();
      return { period: at.value, next: next.done ? null : next.value };
    }
  }
  return null;
}

/** The period that holds the instant; null outside of all. */
export function periodHolding(
  agreement: Agreement,
  anchor: Instant | null,
  at: Instant,
): Period | null {
  for (const period of periodsOf(agreement, anchor)) {
    if (period.from > at) return null;
    if (at < period.to) return period;
  }
  return null;
}
