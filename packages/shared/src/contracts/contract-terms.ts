/** A contract as the engine reads it: every default filled in, instants as numbers. Defaults: billing rules, section 2. */

import { parseInstant, secondsPerDay, secondsPerHour } from "../time/instant.ts";
import type { Instant } from "../time/instant.ts";
import type { Cycle, Period, Term } from "../time/period.ts";
import { addMonths } from "../time/period.ts";
import type { AmountMinimum, ContractDocument, Countable, FallbackPolicy } from "./contract.ts";

const firstReportDays = 30;

export type ContractTerms = {
  readonly term: Term;
  readonly reportDueSeconds: number;
  readonly uncountedAllowanceHours: number;
  readonly fallback: FallbackPolicy;
  readonly graceSeconds: number;
  readonly settleUpWithinMonths: number;
  readonly settleDownWithinMonths: number;
  readonly firstReportBy: Instant;
  readonly afterTerm: "continue" | "list_price" | "stop";
  readonly prorate: {
    readonly base: boolean;
    readonly included: boolean;
    readonly minimum: boolean;
  };
};

export function contractTerms(contract: ContractDocument): ContractTerms {
  const term = termOf(contract);
  return {
    term,
    reportDueSeconds: (contract.report_due_hours ?? 72) * secondsPerHour,
    uncountedAllowanceHours: contract.uncounted_allowance_hours ?? 72,
    fallback: contract.fallback ?? "floor",
    graceSeconds: (contract.grace_hours ?? 24) * secondsPerHour,
    settleUpWithinMonths: contract.settle_up_within_months ?? 12,
    settleDownWithinMonths: contract.settle_down_within_months ?? 36,
    firstReportBy: firstReportBy(contract, term.from),
    afterTerm: contract.after_term ?? "continue",
    prorate: {
      base: contract.prorate?.base ?? true,
      included: contract.prorate?.included ?? true,
      minimum: contract.prorate?.minimum ?? true,
    },
  };
}

/**
 * The contract as it holds for a period that starts at `periodFrom`: once its term is over, `list_price` ends what was
 * agreed on prices and discounts. A term ends where a period does, so no period is of both kinds.
 */
export function inForce(contract: ContractDocument, periodFrom: Instant): ContractDocument {
  const { term, afterTerm } = contractTerms(contract);
  if (afterTerm !== "list_price" || term.to === null || periodFrom < term.to) return contract;
  const { prices: _prices, discounts: _discounts, ...rest } = contract;
  return rest;
}

export function termOf({ term }: ContractDocument): Term {
  return { from: parseInstant(term.from), to: term.to === null ? null : parseInstant(term.to) };
}

/**
 * From when the silence of an installation that never reported counts: as the contract says, else 30 days after it was
 * assigned, so that one that is added later gets the same time to be installed as the first.
 */
export function firstReportBy(contract: ContractDocument, assignedFrom: Instant): Instant {
  if (contract.first_report_by !== undefined) return parseInstant(contract.first_report_by);
  const begun = Math.max(parseInstant(contract.term.from), assignedFrom);
  return begun + firstReportDays * secondsPerDay;
}

/** What is measured against an amount minimum. */
export function countsOf(minimum: AmountMinimum): readonly Countable[] {
  return minimum.counts ?? ["base", "usage", "overage"];
}

/**
 * The contract's cycle. A cycle anchored at first usage has none before it: `firstUsageAt` is the frozen anchor, the start
 * of the hour of the first usage, null while there is none.
 */
export function cycleOf(contract: ContractDocument, firstUsageAt: Instant | null): Cycle | null {
  const { cycle } = contract;
  if (cycle.every === "month") return { every: "month" };
  const anchor = anchorOf(cycle.anchor ?? "term_start", contract, firstUsageAt);
  if (anchor === null) return null;
  return cycle.every === "days"
    ? { every: "days", days: cycle.days, anchor }
    : { every: "anniversary", anchor };
}

function anchorOf(
  anchor: string,
  contract: ContractDocument,
  firstUsageAt: Instant | null,
): Instant | null {
  if (anchor === "first_usage") return firstUsageAt;
  return parseInstant(anchor === "term_start" ? contract.term.from : anchor);
}

/** Until when an increase of the period may still be billed. */
export function settleUpUntil(contract: ContractDocument, period: Pick<Period, "to">): Instant {
  return addMonths(period.to, contractTerms(contract).settleUpWithinMonths);
}

/** Until when a decrease of the period is still credited. */
export function settleDownUntil(contract: ContractDocument, period: Pick<Period, "to">): Instant {
  return addMonths(period.to, contractTerms(contract).settleDownWithinMonths);
}
