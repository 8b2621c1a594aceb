/** A person's word on a correction that waits: it goes its way, or is dropped for good. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { audit } from "../store/audit.ts";
import { lockContract } from "../store/contracts.ts";
import {
  findCorrection,
  saveCorrectionDecision,
  type StoredCorrection,
} from "../store/corrections.ts";
import type { Actor, BillingContext } from "./billing-context.ts";
import { isEnded } from "./close-period.ts";
import { inSnapshot } from "./in-snapshot.ts";
import { readAgreement } from "./read-agreement.ts";
import { settleOpenCorrections } from "./settle-open-corrections.ts";
import { correctionUnknown } from "./unknown.ts";

/** Throws `correction_unknown`, `correction_not_open`. */
export async function decideCorrection(
  context: BillingContext,
  actor: Actor,
  decision: { id: string; verdict: "approve" | "drop"; reason: string },
): Promise<StoredCorrection> {
  const now = context.clock.now();
  const { id, verdict, reason } = decision;
  return inSnapshot(context.database, async (db) => {
    const found = await findCorrection(db, id);
    if (found === null) throw correctionUnknown(id);
    await lockContract(db, found.contract_id);
    requireOpen(found, verdict);
    const status = verdict === "approve" ? "ready" : "dropped";
    await saveCorrectionDecision(db, id, { status, by: actor.name, at: now, reason });
    await audit(db, {
      at: now,
      who: actor.name,
      action: verdict === "approve" ? "correction.approved" : "correction.dropped",
      subject: `correction:${id}`,
      reason,
      before: { status: found.status, amount: found.amount },
      after: { status },
    });
    const agreement = await readAgreement(db, found.contract_id);
    const ended = await isEnded(db, agreement);
    await settleOpenCorrections(db, agreement, { ended, now });
    return (await findCorrection(db, id)) ?? found;
  });
}

/** What waits can be approved; what is not settled yet can be dropped. */
function requireOpen({ id, status }: StoredCorrection, verdict: "approve" | "drop"): void {
  const may =
    status === "awaiting_approval" ||
    (verdict === "drop" && (status === "ready" || status === "carried"));
  if (may) return;
  throw new SubmeterError(
    "correction_not_open",
    `the correction ${id} is ${status.replaceAll("_", " ")}`,
    verdict === "approve"
      ? "only what awaits approval can be approved"
      : "what is on an invoice or a credit note stays there",
  );
}
