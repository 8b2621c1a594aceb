/**
 * Computes a closed period again, with the same function, when something changed what it should have been:
 *
 *   mark ─► cut says it was touched ─► snapshot ─► statement n + 1 ─► correction n + 1 − n ─► its way
 */

import { decimal } from "@submeter/shared/numbers/decimal";
import { decodeStatement } from "@submeter/shared/rating/compute-statement";
import { canonicalJson } from "@submeter/shared/rating/canonical";
import { type Correction, correctionBetween } from "@submeter/shared/rating/correction";
import { decodeInputs } from "@submeter/shared/rating/encode-inputs";
import {
  type CorrectionVerdict,
  judgeCorrection,
} from "@submeter/shared/rating/settle-corrections";
import type { StatementInputs } from "@submeter/shared/rating/statement-inputs";
import type { Statement } from "@submeter/shared/rating/statement";
import type { Instant, Interval } from "@submeter/shared/time/instant";
import { lockContract } from "../store/contracts.ts";
import { insertCorrection, type StoredCorrection } from "../store/corrections.ts";
import type { Queryable } from "../store/database.ts";
import { touchedAfterCut } from "../store/touches.ts";
import { originalInvoice } from "../store/invoices.ts";
import {
  clearMarks,
  closedPeriods,
  markPeriods,
  marksOf,
  type PeriodKey,
  recordRecomputed,
} from "../store/periods.ts";
import { latestStatement, type StoredStatement } from "../store/statements.ts";
import type { Agreement } from "./agreement.ts";
import type { BillingContext } from "./billing-context.ts";
import { correctionId } from "./billing-ids.ts";
import { bookStatement, rateSnapshot } from "./book-statement.ts";
import { isEnded, subjectOfClosedPeriod } from "./close-period.ts";
import { decompressed } from "./document-bytes.ts";
import { inSnapshot } from "./in-snapshot.ts";
import { tellCorrected, tellSettled } from "./invoice-events.ts";
import { isDisprovable } from "./mark-changes.ts";
import { readAgreement } from "./read-agreement.ts";
import { settleOpenCorrections, tooLateReason } from "./settle-open-corrections.ts";
import { assignedIn, type Subject, takeSnapshot } from "./snapshot.ts";

export type RecomputeOutcome =
  | { readonly kind: "corrected"; readonly statement: string; readonly correction: Correction }
  /** A newer statement with the same total: perhaps settled now. */
  | { readonly kind: "restated"; readonly statement: string }
  | { readonly kind: "unchanged" }
  /** Hours are pending again (a held report): waits for the decision. */
  | { readonly kind: "pending" };

export async function recomputePeriod(
  context: BillingContext,
  key: PeriodKey,
): Promise<RecomputeOutcome> {
  const now = context.clock.now();
  return inSnapshot(context.database, async (db) => {
    await lockContract(db, key.contract);
    const agreement = await readAgreement(db, key.contract);
    const before = await latestStatement(db, key);
    const reasons = (await marksOf(db, key.contract))
      .filter((mark) => mark.scope === key.scope && mark.period_from === key.from)
      .map((mark) => mark.reason);
    if (before === null || reasons.length === 0) return { kind: "unchanged" };
    return recompute(db, context, { key, agreement, before, reasons, now });
  });
}

type Work = {
  readonly key: PeriodKey;
  readonly agreement: Agreement;
  readonly before: StoredStatement;
  readonly reasons: readonly string[];
  readonly now: Instant;
};

async function recompute(
  db: Queryable,
  context: BillingContext,
  work: Work,
): Promise<RecomputeOutcome> {
  const { key, agreement, before, reasons, now } = work;
  const period = (await closedPeriods(db, key.contract)).find(
    (one) => one.scope === key.scope && one.period_from === key.from,
  );
  const subject = subjectOfClosedPeriod(agreement, {
    scope: key.scope,
    periodFrom: key.from,
    anchor: period?.anchor ?? null,
    number: before.number + 1,
  });
  if (subject === null) throw new RangeError(`${before.id} is of no period of its contract`);
  const { from, to } = subject.period;
  const restsOn = { from: period?.rests_on_from ?? from, to };
  // Cheap first: most marks are left by reports that the cut had seen.
  if (reasons.every(isDisprovable) && !(await wasTouched(db, subject, before, restsOn))) {
    await clearMarks(db, key);
    return { kind: "unchanged" };
  }
  const snapshot = await takeSnapshot(db, subject, now);
  if (snapshot.states.total.pending > 0) return { kind: "pending" };
  const frozen = decodeInputs(decompressed(before.inputs));
  if (substance(snapshot.inputs) === substance(frozen)) {
    await clearMarks(db, key);
    return { kind: "unchanged" };
  }
  const rated = rateSnapshot(snapshot);
  const { statement } = rated;
  const statementId = await bookStatement(db, subject, snapshot, rated, { reasons, now });
  await recordRecomputed(db, key, {
    number: statement.number,
    periodTo: to,
    settledAt: statement.provisional ? null : now,
    restsOnFrom: snapshot.restsOnFrom,
  });
  if (period !== undefined && period.settled_at === null && !statement.provisional) {
    await tellSettled(db, period, "measured", now);
  }
  await clearMarks(db, key);
  const original = decodeStatement(before.document);
  await markNextWhereCarryDiffers(db, { key, to, now }, original, statement);
  const correction = correctionBetween(original, statement);
  if (correction.direction === "none") return { kind: "restated", statement: statementId };
  await bookCorrection(db, context, work, { correction, statement, statementId });
  return { kind: "corrected", statement: statementId, correction };
}

/** Packs, rollover and commitment go from period to period: the next one is computed again as far as they differ. */
async function markNextWhereCarryDiffers(
  db: Queryable,
  { key, to, now }: { readonly key: PeriodKey; readonly to: Instant; readonly now: Instant },
  before: Statement,
  after: Statement,
): Promise<void> {
  if (canonicalJson(before.carry ?? {}) === canonicalJson(after.carry ?? {})) return;
  await markPeriods(db, {
    contract: key.contract,
    scopes: ["period"],
    from: to,
    to: to + 1,
    reason: "the period before it hands on something else",
    at: now,
  });
}

async function wasTouched(
  db: Queryable,
  { agreement, period }: Subject,
  before: StoredStatement,
  restsOn: Interval,
): Promise<boolean> {
  const { installations } = await assignedIn(db, agreement, period);
  return touchedAfterCut(db, installations, before.cut, restsOn.from, restsOn.to);
}

async function bookCorrection(
  db: Queryable,
  context: BillingContext,
  { key, agreement, before, now }: Work,
  found: { correction: Correction; statement: Statement; statementId: string },
): Promise<void> {
  const { correction, statement } = found;
  const original = await originalInvoice(db, key);
  if (original === null) throw new RangeError(`${before.id} was never invoiced`);
  const ended = await isEnded(db, agreement);
  const contract = agreement.versions.find((one) => one.version === statement.contract.version);
  if (contract === undefined) throw new RangeError(`${statement.contract.id} lost a version`);
  const verdict = judgeCorrection(correction, {
    contract: contract.contract,
    now,
    approvalOver: decimal(context.limits.approvalAmount),
  });
  const row: StoredCorrection = {
    id: correctionId(key, correction.to_number),
    contract_id: key.contract,
    customer_id: agreement.customer,
    scope: key.scope,
    period_from: key.from,
    of_invoice: original.id,
    from_statement: before.id,
    to_statement: found.statementId,
    document: correction,
    currency: correction.currency,
    amount: correction.total,
    ...wayOf(verdict, ended),
    created_at: now,
    invoice_id: null,
    approved_by: null,
    approved_at: null,
    decision_reason: null,
  };
  await insertCorrection(db, row);
  await tellCorrected(db, row, now);
  await settleOpenCorrections(db, agreement, { ended, now });
}

function wayOf(
  verdict: CorrectionVerdict,
  ended: boolean,
): Pick<StoredCorrection, "status" | "status_reason"> {
  switch (verdict) {
    case "approval":
      return {
        status: "awaiting_approval",
        status_reason:
          "over the greater of 20 % of the statement and the vendor's limit: a person approves or drops it",
      };
    case "too_late":
      return {
        status: "not_billed",
        status_reason: tooLateReason,
      };
    case "ready":
    case "nothing":
      return ended
        ? {
            status: "awaiting_approval",
            status_reason: "the contract has ended: a person approves its final settlement",
          }
        : { status: "ready", status_reason: null };
  }
}

/** What a statement depends on, but for when it was computed and how far the journals had got elsewhere. */
function substance(inputs: StatementInputs): string {
  return canonicalJson({ ...inputs, as_of: "", number: 0, cut: [] });
}
