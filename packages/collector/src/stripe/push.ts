/**
 * Carries out what `plan-pushes.ts` decides: look, take one step, look again, until Stripe holds the finalized document.
 *
 * An answer that leaves the outcome open ends the attempt with `later`; the next one looks first. An answer that shows
 * the key to be spent (a stored 500, told again) is followed by a look and the next key, since its request is over.
 */

import type { Stripe } from "stripe";
import type { Clock } from "@submeter/shared/time/clock";
import { documentLines } from "./document-lines.ts";
import type { FoundInvoice } from "./found-invoice.ts";
import { lookById, lookByMetadata } from "./look.ts";
import type {
  InvoicePush,
  Later,
  PushLine,
  PushOutcome,
  PushProgress,
  Refused,
} from "./payments.ts";
import { planPush } from "./plan-pushes.ts";
import type { PushStep } from "./plan-pushes.ts";
import { addLines, createDraft, deleteDraft, finalizeDraft } from "./push-requests.ts";
import { refusalBeforePush } from "./pushable.ts";
import type { Answer, Setback } from "./stripe-answer.ts";
import { ensureCustomer } from "./stripe-customer.ts";

/** Far more than a push can need; reached only when Stripe contradicts itself. */
const roundsMax = 24;

type Save = (progress: PushProgress) => Promise<void>;

/** One push under way: what is known so far, and which keys are spent. */
type Attempt = {
  readonly stripe: Stripe;
  readonly invoice: InvoicePush;
  readonly lines: readonly PushLine[];
  readonly stripeCustomerId: string;
  readonly save: Save;
  stripeInvoiceId: string | null;
  readonly generation: { create: number; add_lines: number; finalize: number };
  /** The step that Stripe declined last, and why: declined again after a look, it is final. */
  declined: { readonly step: PushStep["do"]; readonly detail: string } | null;
};

export async function pushInvoice(
  stripe: Stripe,
  clock: Clock,
  invoice: InvoicePush,
  progress: PushProgress,
  save: Save,
): Promise<PushOutcome> {
  const refusal = refusalBeforePush(invoice.currency, invoice.lines, invoice.totalMinor);
  if (refusal !== null) return refusal;
  if (invoice.totalMinor === 0n) return { kind: "not_pushed", reason: "zero_total" };
  const customer = await customerOf(stripe, clock, invoice, progress);
  if (customer.kind !== "done") return setbackOutcome(customer);
  if (progress.stripeCustomerId !== customer.value) {
    await save({ ...progress, stripeCustomerId: customer.value });
  }
  return carryOut({
    stripe,
    invoice,
    lines: documentLines(invoice.lines),
    stripeCustomerId: customer.value,
    save,
    stripeInvoiceId: progress.stripeInvoiceId,
    generation: { create: 1, add_lines: 1, finalize: 1 },
    declined: null,
  });
}

function customerOf(
  stripe: Stripe,
  clock: Clock,
  invoice: InvoicePush,
  progress: PushProgress,
): Promise<Answer<string>> {
  const known = progress.stripeCustomerId ?? invoice.customer.stripeId;
  if (known !== null) return Promise.resolve({ kind: "done", value: known, replayed: false });
  return ensureCustomer(stripe, invoice.customer, invoice.createdAfter, clock.now());
}

async function carryOut(attempt: Attempt): Promise<PushOutcome> {
  for (let round = 0; round < roundsMax; round += 1) {
    const found = await look(attempt);
    if (found.kind !== "done") return setbackOutcome(found);
    const step = planPush(attempt.invoice, attempt.lines, found.value);
    if (step.do === "done") return finalized(step.document);
    if (step.do === "refuse") return refuse(attempt, step.draft, step.code, step.detail);
    if (attempt.declined?.step === step.do) {
      const draft = step.do === "create" ? null : step.draft;
      return refuse(attempt, draft, "stripe_refused", attempt.declined.detail);
    }
    const setback = await take(attempt, step);
    if (setback !== null) return setback;
  }
  return later("stripe_unsettled", "Stripe's answers do not settle; look at the invoice there");
}

/** What Stripe holds now. An invoice that we knew and that is gone was a draft: its key is spent. */
async function look(attempt: Attempt): Promise<Answer<readonly FoundInvoice[]>> {
  if (attempt.stripeInvoiceId !== null) {
    const known = await lookById(attempt.stripe, attempt.stripeInvoiceId);
    if (known.kind === "done") return { ...known, value: [known.value] };
    if (known.kind !== "missing") return known;
    attempt.stripeInvoiceId = null;
    attempt.generation.create += 1;
  }
  const found = await lookByMetadata(attempt.stripe, attempt.invoice, attempt.stripeCustomerId);
  if (found.kind === "done" && found.value.length === 1) {
    await remember(attempt, found.value[0]?.stripeInvoiceId ?? null);
  }
  return found;
}

async function remember(attempt: Attempt, stripeInvoiceId: string | null): Promise<void> {
  attempt.stripeInvoiceId = stripeInvoiceId;
  await attempt.save({ stripeCustomerId: attempt.stripeCustomerId, stripeInvoiceId });
}

type TakenStep = Exclude<PushStep, { do: "done" | "refuse" }>;

/** Takes one step; null when the loop shall look again. */
async function take(attempt: Attempt, step: TakenStep): Promise<PushOutcome | null> {
  const answer = await send(attempt, step);
  switch (answer.kind) {
    case "done":
      if (step.do === "create") await remember(attempt, answer.value);
      return null;
    case "spent":
      if (step.do !== "delete") attempt.generation[step.do] += 1;
      return null;
    case "refused":
    case "missing":
      // A deleted draft that is gone is what we wanted; what else was declined, the next look explains.
      if (step.do !== "delete") attempt.declined = { step: step.do, detail: answer.detail };
      return null;
    case "unknown":
    case "not_now":
      return later(answer.code, answer.detail);
  }
}

function send(attempt: Attempt, step: TakenStep): Promise<Answer<string>> {
  const { stripe, invoice, lines, stripeCustomerId, generation } = attempt;
  switch (step.do) {
    case "create":
      return createDraft(stripe, invoice, stripeCustomerId, generation.create);
    case "add_lines":
      return addLines(stripe, invoice, lines, step.draft.stripeInvoiceId, generation.add_lines);
    case "finalize":
      return finalizeDraft(stripe, step.draft.stripeInvoiceId, generation.finalize);
    case "delete":
      return deleteDraft(stripe, step.draft.stripeInvoiceId);
  }
}

/** Leaves no draft behind that a person could finalize by mistake; refuses only once it is gone. */
async function refuse(
  attempt: Attempt,
  draft: FoundInvoice | null,
  code: string,
  detail: string,
): Promise<Later | Refused> {
  if (draft !== null) {
    const removed = await deleteDraft(attempt.stripe, draft.stripeInvoiceId);
    if (removed.kind !== "done" && removed.kind !== "missing") return setbackOutcome(removed);
  }
  return { kind: "refused", code, detail };
}

function finalized(document: FoundInvoice): PushOutcome {
  if (document.number === null) return later("stripe_answer_malformed", "finalized, no number yet");
  return {
    kind: "finalized",
    stripeInvoiceId: document.stripeInvoiceId,
    stripeCustomerId: document.stripeCustomerId,
    number: document.number,
    totalMinor: document.subtotalMinor,
    hostedUrl: document.hostedUrl,
  };
}

/** What a setback outside of a step means for the push. */
export function setbackOutcome(setback: Setback): Later | Refused {
  switch (setback.kind) {
    case "unknown":
    case "not_now":
      return later(setback.code, setback.detail);
    case "spent":
      return later("stripe_error", setback.detail);
    case "missing":
    case "refused":
      return { kind: "refused", code: "stripe_refused", detail: setback.detail };
  }
}

function later(code: string, detail: string): Later {
  return { kind: "later", code, detail };
}
