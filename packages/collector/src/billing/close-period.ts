/**
 * Closes a contract's earliest open period, when it may be:
 *
 *   snapshot ─► nothing pending, grace and quiet time over ─► statement 1 ─► invoice with due adjustments ─► period closed
 *
 * All in one transaction with the snapshot: what is recorded afterwards is late by definition.
 */

import { carriesState } from "@submeter/shared/contracts/carried-state";
import type { CloseStatus } from "@submeter/shared/coverage/close";
import type { Instant } from "@submeter/shared/time/instant";
import { bumpStateRevisionsOf } from "../store/installations.ts";
import { lockContract, lockCustomer } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { closedPeriods, insertPeriod, markPeriods } from "../store/periods.ts";
import { type Agreement, latestVersion, periodStarting, versionFor } from "./agreement.ts";
import type { BillingContext } from "./billing-context.ts";
import { bookStatementInvoice } from "./book-invoice.ts";
import { bookStatement, type Rated, rateSnapshot } from "./book-statement.ts";
import { inSnapshot } from "./in-snapshot.ts";
import { justClosed } from "./mark-changes.ts";
import { openPeriod } from "./open-period.ts";
import { readAgreement } from "./read-agreement.ts";
import { dueOnNextInvoice } from "./settle-open-corrections.ts";
import { type Snapshot, type Subject, takeSnapshot } from "./snapshot.ts";

export type CloseOutcome =
  | {
      readonly kind: "closed";
      readonly invoice: string;
      readonly statement: string;
      readonly contract: string;
      readonly periodFrom: Instant;
    }
  | {
      readonly kind: "waiting";
      readonly subject: Subject;
      readonly status: CloseStatus;
      readonly needsDecision: readonly "unpriced_usage"[];
    }
  /** The contract has no open period: it has not begun, or all of it is closed. */
  | { readonly kind: "nothing" };

export type CloseOptions = {
  /** A person's word for it: close although usage without a price stands on the statement. */
  readonly acceptUnpriced: boolean;
  /** Called in the transaction that books, with the ids of the invoice and its statement. */
  readonly onBooked?: (
    db: Queryable,
    booked: { readonly invoice: string; readonly statement: string },
  ) => Promise<void>;
};

export async function closeNextPeriod(
  context: BillingContext,
  contract: string,
  options: CloseOptions,
): Promise<CloseOutcome> {
  const now = context.clock.now();
  return inSnapshot(context.database, async (db) => {
    const outcome = await closeInSnapshot(db, contract, options, now);
    if (outcome.kind === "closed") await options.onBooked?.(db, outcome);
    return outcome;
  });
}

async function closeInSnapshot(
  db: Queryable,
  contract: string,
  options: CloseOptions,
  now: Instant,
): Promise<CloseOutcome> {
  await lockContract(db, contract);
  const agreement = await readAgreement(db, contract);
  const opening = await openingDue(db, agreement, now);
  if (opening !== null) {
    const snapshot = await takeSnapshot(db, opening, now);
    return book(db, opening, snapshot, rateSnapshot(snapshot), now);
  }
  const subject = await subjectOfOpenPeriod(db, agreement);
  if (subject === null || now < subject.period.from) return { kind: "nothing" };
  const snapshot = await takeSnapshot(db, subject, now);
  const status = snapshot.close;
  if (!status.closeable) return { kind: "waiting", subject, status, needsDecision: [] };
  const rated = rateSnapshot(snapshot);
  const { needs_decision: needsDecision } = rated.statement;
  if (needsDecision.length > 0 && !options.acceptUnpriced) {
    return { kind: "waiting", subject, status, needsDecision };
  }
  return book(db, subject, snapshot, rated, now);
}

/** The open period as statement 1 would be of it; null when there is none. */
export async function subjectOfOpenPeriod(
  db: Queryable,
  agreement: Agreement,
): Promise<Subject | null> {
  const open = await openPeriod(db, agreement);
  if (open === null) return null;
  const { period, next, anchor } = open;
  return { agreement, scope: "period", period, advance: next, anchor, number: 1 };
}

/** Fees in advance of the first period are billed when the term starts: before anything can be counted. */
async function openingDue(
  db: Queryable,
  agreement: Agreement,
  now: Instant,
): Promise<Subject | null> {
  if ((await closedPeriods(db, agreement.id)).length > 0) return null;
  const open = await openPeriod(db, agreement);
  if (open === null || now < open.period.from) return null;
  const { period, anchor } = open;
  const { plan } = versionFor(agreement, period.from);
  const inAdvance = plan.lines.some((line) => line.kind === "base" && line.timing === "advance");
  if (!inAdvance) return null;
  return { agreement, scope: "opening", period, advance: period, anchor, number: 1 };
}

async function book(
  db: Queryable,
  subject: Subject,
  snapshot: Snapshot,
  rated: Rated,
  now: Instant,
): Promise<CloseOutcome> {
  const { agreement, period, scope, anchor } = subject;
  const { statement } = rated;
  // Changes beside this transaction have left no mark yet: begins anew when there was one, and the next one waits.
  await lockCustomer(db, agreement.customer);
  await insertPeriod(db, {
    contract_id: agreement.id,
    scope,
    period_from: period.from,
    period_to: period.to,
    customer_id: agreement.customer,
    closed_at: now,
    statement_number: 1,
    settled_at: statement.provisional ? null : now,
    settled_by: statement.provisional ? null : "measured",
    anchor,
    rests_on_from: snapshot.restsOnFrom,
  });
  const reasons = [scope === "opening" ? "term started" : "period closed"];
  const statementId = await bookStatement(db, subject, snapshot, rated, { reasons, now });
  // What is left of packs and quotas may be used from now on: agents learn from the revision to ask.
  const { contract, plan } = versionFor(agreement, period.to);
  if (carriesState(contract, plan)) await bumpStateRevisionsOf(db, agreement.customer);
  const corrections = await dueOnNextInvoice(db, agreement, now);
  const invoice = await bookStatementInvoice(db, { statement, statementId, corrections }, now);
  // What was recorded while this transaction ran may have been turned into marks before the period was there to be
  // marked: look at it once more against the cut.
  await markPeriods(db, {
    contract: agreement.id,
    scopes: ["period"],
    from: period.from,
    to: period.to,
    reason: justClosed,
    at: now,
  });
  return {
    kind: "closed",
    invoice,
    statement: statementId,
    contract: agreement.id,
    periodFrom: period.from,
  };
}

/** A closed period as statement `number` would be of it; null when the contract no longer has it. */
export function subjectOfClosedPeriod(
  agreement: Agreement,
  closed: { scope: Subject["scope"]; periodFrom: Instant; anchor: Instant | null; number: number },
): Subject | null {
  const found = periodStarting(agreement, closed.anchor, closed.periodFrom);
  if (found === null) return null;
  const { scope, anchor, number } = closed;
  const { period, next } = found;
  return { agreement, scope, period, advance: scope === "opening" ? period : next, anchor, number };
}

/** Whether the contract bills nothing more: its last period is closed. */
export async function isEnded(db: Queryable, agreement: Agreement): Promise<boolean> {
  if (latestVersion(agreement).contract.term.to === null && agreement.runsTo === null) return false;
  return (await openPeriod(db, agreement)) === null;
}
