/** Issues a decrease as one credit note to the original invoice: look, issue, and look again when in doubt. */

import type { Stripe } from "stripe";
import { minor, text } from "./found-invoice.ts";
import { creditKey } from "./idempotency-keys.ts";
import { lookById } from "./look.ts";
import type { CreditOutcome, CreditProgress, CreditPush } from "./payments.ts";
import { planCredit } from "./plan-credits.ts";
import type { CreditPlan, PlannedCreditLine } from "./plan-credits.ts";
import { setbackOutcome } from "./push.ts";
import { refusalBeforePush } from "./pushable.ts";
import { ask } from "./stripe-answer.ts";
import type { Answer } from "./stripe-answer.ts";
import { stripeAmount } from "./stripe-amount.ts";

/** Far more than a credit note can need; reached only when Stripe contradicts itself. */
const roundsMax = 8;

type Save = (progress: CreditProgress) => Promise<void>;

type FoundCredit = {
  readonly stripeCreditNoteId: string;
  readonly currency: string;
  readonly number: string;
  readonly void: boolean;
  readonly totalMinor: bigint;
};

/** What Stripe declined last: declined for the same plan again, it is final. */
type Declined = { readonly toBalanceMinor: bigint; readonly outcome: CreditOutcome };

type Issue = Extract<CreditPlan, { kind: "issue" }>;

export async function creditInvoice(
  stripe: Stripe,
  note: CreditPush,
  progress: CreditProgress,
  save: Save,
): Promise<CreditOutcome> {
  const refusal = refusalBeforeCredit(note);
  if (refusal !== null) return refusal;
  if (note.totalMinor === 0n) return { kind: "not_pushed", reason: "zero_total" };
  let generation = 1;
  let declined = null as Declined | null;
  for (let round = 0; round < roundsMax; round += 1) {
    const found = await findCredit(stripe, note);
    if (found.kind !== "done") return setbackOutcome(found);
    if (found.value !== null) return settle(note, found.value, progress, save);
    const original = await lookById(stripe, note.invoice.stripeInvoiceId);
    if (original.kind !== "done") return setbackOutcome(original);
    const plan = planCredit(note, original.value);
    if (plan.kind === "refuse") return { kind: "refused", code: plan.code, detail: plan.detail };
    if (declined?.toBalanceMinor === plan.toBalanceMinor) return declined.outcome;
    const issued = await issue(stripe, note, plan, generation);
    switch (issued.kind) {
      case "done":
        return settle(note, issued.value, progress, save);
      case "spent":
        generation += 1;
        break;
      case "refused":
        // The invoice may have been paid since we looked, which changes what goes to the balance: look again.
        declined = { toBalanceMinor: plan.toBalanceMinor, outcome: setbackOutcome(issued) };
        break;
      case "missing":
      case "unknown":
      case "not_now":
        return setbackOutcome(issued);
    }
  }
  return { kind: "later", code: "stripe_unsettled", detail: "no key issues the credit note" };
}

function refusalBeforeCredit(note: CreditPush): CreditOutcome | null {
  const zeroOrLess = note.lines.find((line) => line.amountMinor <= 0n);
  if (zeroOrLess !== undefined) {
    const detail = `line ${zeroOrLess.id} gives back ${zeroOrLess.amountMinor}`;
    return { kind: "refused", code: "credit_line_not_positive", detail };
  }
  return refusalBeforePush(note.currency, note.lines, note.totalMinor);
}

/** Among the invoice's credit notes the one that carries our id; the list lags behind nothing. */
function findCredit(stripe: Stripe, note: CreditPush): Promise<Answer<FoundCredit | null>> {
  return ask(
    async () => {
      const filter = { invoice: note.invoice.stripeInvoiceId, limit: 100 };
      for await (const candidate of stripe.creditNotes.list(filter)) {
        if (candidate.metadata?.["credit_note_id"] === note.id) return readCredit(candidate);
      }
      return null;
    },
    (found) => found,
  );
}

function readCredit(note: Stripe.CreditNote): FoundCredit {
  const currency = text(note.currency, "currency");
  return {
    stripeCreditNoteId: text(note.id, "id"),
    currency,
    number: text(note.number, "number"),
    void: note.status === "void",
    totalMinor: minor(currency, note.total_excluding_tax ?? note.total, "total"),
  };
}

function issue(
  stripe: Stripe,
  note: CreditPush,
  plan: Issue,
  generation: number,
): Promise<Answer<FoundCredit>> {
  const parameters: Stripe.CreditNoteCreateParams = {
    invoice: note.invoice.stripeInvoiceId,
    reason: "order_change",
    lines: plan.lines.map((line) => stripeCreditLine(note.currency, line)),
    ...(note.memo === null ? {} : { memo: note.memo }),
    ...(plan.toBalanceMinor === 0n
      ? {}
      : { credit_amount: stripeAmount(note.currency, plan.toBalanceMinor) }),
    metadata: {
      credit_note_id: note.id,
      invoice_id: note.invoice.id,
      lines_hash: note.linesHash,
    },
  };
  const idempotencyKey = creditKey(note.id, plan.toBalanceMinor, generation);
  return ask(() => stripe.creditNotes.create(parameters, { idempotencyKey }), readCredit);
}

function stripeCreditLine(
  currency: string,
  line: PlannedCreditLine,
): Stripe.CreditNoteCreateParams.Line {
  const amount = stripeAmount(currency, line.amountMinor);
  switch (line.on) {
    case "invoice_line":
      return { type: "invoice_line_item", invoice_line_item: line.stripeLineId, amount };
    case "nothing":
      return {
        type: "custom_line_item",
        description: line.description,
        quantity: 1,
        unit_amount: amount,
      };
  }
}

/** A credit note has no draft, so it is held against ours after it was issued. */
async function settle(
  note: CreditPush,
  found: FoundCredit,
  progress: CreditProgress,
  save: Save,
): Promise<CreditOutcome> {
  const { stripeCreditNoteId, number, totalMinor } = found;
  if (progress.stripeCreditNoteId !== stripeCreditNoteId) await save({ stripeCreditNoteId });
  if (found.void) {
    return { kind: "refused", code: "credit_void_in_stripe", detail: `${number} was voided there` };
  }
  if (totalMinor !== note.totalMinor || found.currency !== note.currency.toLowerCase()) {
    const detail = `${number} is over ${totalMinor} ${found.currency}, ours over ${note.totalMinor}`;
    return { kind: "refused", code: "credit_differs_in_stripe", detail };
  }
  return { kind: "issued", stripeCreditNoteId, number, totalMinor };
}
