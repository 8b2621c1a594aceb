/** A change of plan as contracts: the one that ends and the one that begins, in the same cycle. */

import type { Carry } from "../rating/carry.ts";
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
 * Parameters and options belong to the plan and are given by `next`; the cycle stays as it is. `carry` is what the contract
 * that ends hands on: packs go along with what is left of them, and a commitment with what was counted towards it.
 */
export function changePlan(
  contract: ContractDocument,
  next: Pick<ContractDocument, "id" | "plan"> & Partial<ContractDocument>,
  change: { readonly kind: "upgrade" | "downgrade"; readonly at: Instant },
  firstUsageAt: Instant | null,
  carry: Carry = {},
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
  const changes = formatInstant(from);
  return {
    ended: {
      ...contract,
      ...endedCommitment(contract, changes),
      version: contract.version + 1,
      term: { from: contract.term.from, to: changes },
    },
    begun: {
      ...kept,
      ...packsAlong(contract, changes, carry),
      ...begunCommitment(contract, carry),
      version: 1,
      cycle: anchored,
      term: { from: changes, to: contract.term.to },
      ...next,
    },
  };
}

/** The contract that ends is not the one that trues it up. */
function endedCommitment(
  { commitment }: ContractDocument,
  to: string,
): Pick<ContractDocument, "commitment"> {
  return commitment === undefined ? {} : { commitment: { ...commitment, to, true_up: false } };
}

function begunCommitment(
  { commitment, term }: ContractDocument,
  { committed }: Carry,
): Pick<ContractDocument, "commitment"> {
  if (commitment === undefined) return {};
  const to = commitment.to ?? term.to;
  const counted = committed ?? commitment.counted;
  return {
    commitment: {
      ...commitment,
      ...(to === null ? {} : { to }),
      ...(counted === undefined ? {} : { counted }),
    },
  };
}

function packsAlong(
  { packs = [] }: ContractDocument,
  at: string,
  carry: Carry,
): Pick<ContractDocument, "packs"> {
  const along = (carry.packs ?? []).flatMap(({ id, left }) => {
    const bought = packs.find((one) => one.id === id);
    return bought === undefined ? [] : [{ ...bought, at, paid: true as const, left }];
  });
  return along.length === 0 ? {} : { packs: along };
}
