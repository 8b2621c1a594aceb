/** Ending a contract: a version whose term stops. */

import type { ContractDocument } from "@submeter/shared/contracts/contract";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { formatInstant, hourFloor, type Instant } from "@submeter/shared/time/instant";
import { awaitFinalApproval } from "../store/corrections.ts";
import type { Queryable } from "../store/database.ts";
import { type Agreement, latestVersion, periodHolding } from "./agreement.ts";
import type { Actor, BillingContext } from "./billing-context.ts";
import { isEnded } from "./close-period.ts";
import { type SetContract, storeVersion } from "./contracts.ts";
import { anchorOf } from "./open-period.ts";
import { readAgreement } from "./read-agreement.ts";

/**
 * Nothing is billed from `at` on. An end inside the last closed period is corrected; an earlier one is refused. Throws
 * `contract_unknown`, `contract_end_outside`, `contract_faulty`.
 */
export async function endContract(
  context: BillingContext,
  actor: Actor,
  options: { id: string; at: Instant; reason: string },
): Promise<SetContract> {
  const { id, reason } = options;
  const at = hourFloor(options.at);
  return context.database.transaction(async (db) => {
    const agreement = await readAgreement(db, id);
    const latest = latestVersion(agreement);
    const document: ContractDocument = {
      ...latest.contract,
      version: latest.version + 1,
      term: { ...latest.contract.term, to: formatInstant(at) },
      after_term: "stop",
    };
    const effective = await startOfLastPeriod(db, agreement, at);
    const ended = await storeVersion(db, context, actor, document, { id, effective, reason });
    // No further invoice will come to carry what is due.
    if (await isEnded(db, await readAgreement(db, id))) await awaitFinalApproval(db, id);
    return ended;
  });
}

/** The start of the period that the end lies in. */
async function startOfLastPeriod(
  db: Queryable,
  agreement: Agreement,
  at: Instant,
): Promise<Instant> {
  const holding = periodHolding(agreement, await anchorOf(db, agreement), at - 1);
  if (holding !== null) return holding.from;
  throw new SubmeterError(
    "contract_end_outside",
    `the contract ${agreement.id} does not run at ${formatInstant(at)}`,
    "give an hour after its start, and before its end if it has one",
  );
}
