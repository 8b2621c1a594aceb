/** A customer has at most one contract at any instant. */

import type { ContractDocument } from "@submeter/shared/contracts/contract";
import { contractTerms } from "@submeter/shared/contracts/contract-terms";
import type { Fault } from "@submeter/shared/contracts/fault";
import { formatInstant } from "@submeter/shared/time/instant";
import { listContracts, type StoredContract } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { closedPeriods } from "../store/periods.ts";
import { oneFault } from "./faults.ts";

/**
 * Terms never overlap. What goes on after a term ends where the next contract begins, but what was closed of it stays:
 * the next one begins after that.
 */
export async function overlapFaults(db: Queryable, contract: ContractDocument): Promise<Fault[]> {
  const { term } = contractTerms(contract);
  const all = await listContracts(db, { customer: contract.customer, after: "", limit: 10_000 });
  const others = all.filter(({ id }) => id !== contract.id);
  for (const other of others) {
    if (other.term_from < (term.to ?? Infinity) && term.from < (other.term_to ?? Infinity)) {
      return termsOverlap(other);
    }
    if (other.term_from > term.from) continue;
    const closed = (await closedPeriods(db, other.id)).findLast(({ scope }) => scope === "period");
    if (closed !== undefined && closed.period_to > term.from) {
      return oneFault(
        "/term/from",
        "contract_starts_in_closed",
        `the contract ${other.id} went on after its term and is billed up to ${formatInstant(closed.period_to)}`,
        `begin this one at ${formatInstant(closed.period_to)} or later`,
      );
    }
  }
  return [];
}

function termsOverlap(other: StoredContract): Fault[] {
  const until = other.term_to === null ? "without end" : `to ${formatInstant(other.term_to)}`;
  return oneFault(
    "/term",
    "contract_overlaps",
    `the customer has the contract ${other.id} from ${formatInstant(other.term_from)} ${until}, and one at a time`,
    "end that one first (`submeter contracts end`), or begin this one where it ends",
  );
}
