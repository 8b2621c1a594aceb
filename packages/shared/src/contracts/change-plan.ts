/** A change of plan as contracts: the one that ends and the one that begins, in the same cycle. */

import { formatInstant, hourFloor } from "../time/instant.ts";
import type { Instant } from "../time/instant.ts";
import { periodAt } from "../time/period.ts";
import { cycleOf, termOf } from "./contract-terms.ts";
import type { ContractDocument } from "./contract.ts";

export type PlanChange = {
  readonly ended: ContractDocument;
  readonly begun: ContractDocument;
};

/**
 * `upgrade`: at once, from the hour that holds `at`; both fees are prorated by hours, each a rounded line of its own.
 * `downgrade`: at the end of the period that holds it. Null outside of the term, or where a downgrade would come after it.
 * Parameters, options and packs belong to the plan and are given by `next`; the cycle stays as it is.
 */
export function changePlan(
  contract: ContractDocument,
  next: Pick<ContractDocument, "id" | "plan"> & Partial<ContractDocument>,
  change: { readonly kind: "upgrade" | "downgrade"; readonly at: Instant },
  firstUsageAt: Instant | null,
): PlanChange | null {
  const cycle = cycleOf(contract, firstUsageAt);
  const period = cycle === null ? null : periodAt(cycle, termOf(contract), change.at);
  if (cycle === null || period === null) return null;
  const from = change.kind === "upgrade" ? hourFloor(change.at) : period.to;
  const { to } = termOf(contract);
  if (from <= termOf(contract).from || (to !== null && from >= to)) return null;
  const { parameters: _parameters, options: _options, packs: _packs, ...kept } = contract;
  const anchored =
    cycle.every === "month"
      ? contract.cycle
      : { ...contract.cycle, anchor: formatInstant(cycle.anchor) };
  return {
    ended: {
      ...contract,
      version: contract.version + 1,
      term: { from: contract.term.from, to: formatInstant(from) },
    },
    begun: {
      ...kept,
      version: 1,
      cycle: anchored,
      term: { from: formatInstant(from), to: contract.term.to },
      ...next,
    },
  };
}
