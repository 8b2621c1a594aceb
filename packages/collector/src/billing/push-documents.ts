/**
 * The outbox: booked invoices and credit notes are brought to the payment provider, one worker a document, progress kept
 * as soon as it is known. What is not known to have succeeded is tried again, for ever.
 */

import { decimal } from "@submeter/shared/numbers/decimal";
import { toMinorUnits } from "@submeter/shared/numbers/currency";
import { canonicalDigest } from "@submeter/shared/rating/canonical";
import type { InvoiceDocument } from "@submeter/shared/rating/invoice";
import { type Instant, parseInstant } from "@submeter/shared/time/instant";
import {
  creditNotesToPush,
  findCreditNote,
  saveCreditFailure,
  saveCreditProgress,
  saveCredited,
  type StoredCreditNote,
} from "../store/credit-notes.ts";
import { findCustomer } from "../store/customers.ts";
import {
  findInvoice,
  invoicesToPush,
  savePushed,
  savePushFailure,
  savePushProgress,
  saveStripeCustomer,
  type StoredInvoice,
} from "../store/invoices.ts";
import type { CreditPush, InvoicePush, Later, NotPushed, Refused } from "../stripe/payments.ts";
import type { BillingContext } from "./billing-context.ts";
import type { CreditNoteDocument } from "./book-credit.ts";
import { textOf } from "./document-bytes.ts";
import { tellCredited, tellFinalized, tellRefused } from "./invoice-events.ts";

export type PushCounts = { pushed: number; waiting: number; refused: number };

const backOffSecondsMin = 60;
const backOffSecondsMax = 3600;

/** `patient`: obeys the back-off of what failed before; otherwise everything that waits is tried now. */
export async function pushDocuments(
  context: BillingContext,
  options: { patient: boolean },
): Promise<PushCounts> {
  const due = options.patient ? context.clock.now() : null;
  const counts: PushCounts = { pushed: 0, waiting: 0, refused: 0 };
  const each = async (ids: string[], push: (id: string) => Promise<PushResult>) => {
    for (const id of ids) {
      const result = await push(id).catch((error: unknown): PushResult => {
        // One document's failure never stops the others.
        context.logger.error({ err: error, document: id }, "push failed");
        return "waiting";
      });
      if (result !== "elsewhere") counts[result] += 1;
    }
  };
  await each(await invoicesToPush(context.database, due), (id) => pushInvoice(context, id));
  // After the invoices: a credit note names the number of the one that it corrects.
  await each(await creditNotesToPush(context.database, due), (id) => pushCreditNote(context, id));
  return counts;
}

/** `elsewhere`: another worker has it, or it is done. */
type PushResult = keyof PushCounts | "elsewhere";

async function pushInvoice(context: BillingContext, id: string): Promise<PushResult> {
  return alone(context, id, async () => {
    const { database, payments, clock } = context;
    const invoice = await findInvoice(database, id);
    if (invoice === null || !isWaiting(invoice.status)) return "elsewhere";
    const push = await invoicePush(context, invoice);
    const progress = {
      stripeCustomerId: invoice.stripe_customer_id,
      stripeInvoiceId: invoice.stripe_invoice_id,
    };
    const outcome = await payments.push(push, progress, async (now) => {
      await savePushProgress(database, id, now);
      if (now.stripeCustomerId !== null) {
        await saveStripeCustomer(database, invoice.customer_id, now.stripeCustomerId);
      }
    });
    if (outcome.kind !== "finalized") {
      await notPushed(context, invoice, outcome);
      return resultOf(outcome, context, id);
    }
    const { stripeCustomerId, stripeInvoiceId, number, totalMinor, hostedUrl: url } = outcome;
    // The provider's adapter has verified every line; a number on another total must never look settled here.
    if (totalMinor !== invoice.total_minor) {
      const detail = `${stripeInvoiceId} came to ${totalMinor} minor units, booked are ${invoice.total_minor}`;
      const refused: Refused = { kind: "refused", code: "total_differs", detail };
      await notPushed(context, invoice, refused);
      return resultOf(refused, context, id);
    }
    const at = clock.now();
    await database.transaction(async (db) => {
      await savePushed(db, id, { stripeCustomerId, stripeInvoiceId, number, totalMinor, url, at });
      await saveStripeCustomer(db, invoice.customer_id, stripeCustomerId);
      await tellFinalized(db, id, at);
    });
    return "pushed";
  });
}

async function notPushed(
  { database, clock }: BillingContext,
  { id, push_attempts: attempts }: StoredInvoice,
  outcome: NotDone,
): Promise<void> {
  const now = clock.now();
  await database.transaction(async (db) => {
    await savePushFailure(db, id, failureOf(outcome, attempts, now));
    if (outcome.kind === "refused") await tellRefused(db, id, errorOf(outcome), now);
  });
}

async function pushCreditNote(context: BillingContext, id: string): Promise<PushResult> {
  return alone(context, id, async () => {
    const { database, payments, clock } = context;
    const note = await findCreditNote(database, id);
    if (note === null || !isWaiting(note.status)) return "elsewhere";
    const invoice = await findInvoice(database, note.invoice_id);
    const nothingThere: NotPushed = { kind: "not_pushed", reason: "payments_none" };
    const outcome =
      invoice?.stripe_invoice_id == null
        ? nothingThere
        : await payments.credit(
            creditPush(note, invoice.stripe_invoice_id),
            { stripeCreditNoteId: note.stripe_credit_note_id },
            (now) => saveCreditProgress(database, id, now.stripeCreditNoteId),
          );
    if (outcome.kind !== "issued") {
      await saveCreditFailure(database, id, failureOf(outcome, note.push_attempts, clock.now()));
      return resultOf(outcome, context, id);
    }
    if (outcome.totalMinor !== note.total_minor) {
      const detail = `${outcome.stripeCreditNoteId} came to ${outcome.totalMinor} minor units, booked are ${note.total_minor}`;
      const refused: Refused = { kind: "refused", code: "total_differs", detail };
      await saveCreditFailure(database, id, failureOf(refused, note.push_attempts, clock.now()));
      return resultOf(refused, context, id);
    }
    const { stripeCreditNoteId, number, totalMinor } = outcome;
    const at = clock.now();
    await database.transaction(async (db) => {
      await saveCredited(db, id, { stripeCreditNoteId, number, totalMinor, at });
      await tellCredited(db, note, number, at);
    });
    return "pushed";
  });
}

/** Holds the document's lock on a connection of its own, so that progress commits while the push is under way. */
async function alone(
  context: BillingContext,
  id: string,
  run: () => Promise<PushResult>,
): Promise<PushResult> {
  return context.database.transaction(async (lock) => {
    const rows = await lock.query<{ got: boolean }>(
      `select pg_try_advisory_xact_lock(hashtextextended('push ' || $1, 0)) as got`,
      [id],
    );
    return rows[0]?.got === true ? run() : "elsewhere";
  });
}

function isWaiting(status: StoredInvoice["status"]): boolean {
  return status === "booked" || status === "pushing";
}

type NotDone = Later | Refused | NotPushed;

function failureOf(outcome: NotDone, attempts: number, now: Instant) {
  switch (outcome.kind) {
    case "not_pushed":
      return { status: "not_pushed" as const, error: null, nextAt: null };
    case "refused":
      return { status: "refused" as const, error: errorOf(outcome), nextAt: null };
    case "later": {
      const seconds = Math.min(backOffSecondsMin * 2 ** Math.min(attempts, 10), backOffSecondsMax);
      return { status: "pushing" as const, error: errorOf(outcome), nextAt: now + seconds };
    }
  }
}

function errorOf({ code, detail }: Later | Refused) {
  return { code, detail };
}

function resultOf(outcome: NotDone, context: BillingContext, id: string): PushResult {
  switch (outcome.kind) {
    case "not_pushed":
      return "pushed";
    case "later":
      context.logger.warn({ document: id, code: outcome.code }, "push is tried again");
      return "waiting";
    case "refused":
      context.logger.error({ document: id, code: outcome.code }, "push needs a person");
      return "refused";
  }
}

async function invoicePush(context: BillingContext, invoice: StoredInvoice): Promise<InvoicePush> {
  const customer = await findCustomer(context.database, invoice.customer_id);
  if (customer === null) throw new RangeError(`the customer of ${invoice.id} is gone`);
  const document = JSON.parse(textOf(invoice.document)) as InvoiceDocument;
  const plan = document.statement?.plan;
  return {
    id: invoice.id,
    customer: {
      id: customer.id,
      name: customer.name,
      email: customer.email,
      stripeId: customer.stripe_customer_id,
    },
    currency: invoice.currency,
    period: { from: invoice.period_from, to: invoice.period_to },
    sequence: invoice.sequence,
    planVersion: plan === undefined ? "settlement" : `${plan.id}@${plan.version}`,
    daysUntilDue: context.limits.daysUntilDue,
    lines: document.lines.map((line) => ({
      id: line.id,
      description: line.description,
      amountMinor: toMinorUnits(decimal(line.amount), invoice.currency),
      period: { from: parseInstant(line.period.from), to: parseInstant(line.period.to) },
    })),
    totalMinor: invoice.total_minor,
    linesHash: invoice.lines_hash,
    // Not when it was frozen: a collector that was restored from a backup freezes it a second time, later.
    createdAfter: invoice.kind === "opening" ? invoice.period_from : invoice.period_to,
    memo: memoOf(document),
  };
}

function memoOf({ statement }: InvoiceDocument): string | null {
  if (statement === null) return "Settlement after the end of the contract.";
  if (!statement.provisional) return null;
  return `Provisional: ${statement.hours.text}. It is corrected when the missing reports arrive.`;
}

function creditPush(note: StoredCreditNote, stripeInvoiceId: string): CreditPush {
  const document = JSON.parse(textOf(note.document)) as CreditNoteDocument;
  return {
    id: note.id,
    invoice: { id: note.invoice_id, stripeInvoiceId },
    currency: note.currency,
    lines: document.lines.map((line) => ({
      id: line.id,
      originalLineId: line.original_line,
      description: line.description,
      amountMinor: toMinorUnits(decimal(line.amount), note.currency),
    })),
    totalMinor: note.total_minor,
    linesHash: canonicalDigest(document.lines),
    memo: "Corrected after the close: less was used than was billed.",
  };
}
