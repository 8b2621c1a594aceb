/** The next step for the person who reads why a document has not gone out, by the code of the outcome. */

const hints: Readonly<Record<string, string>> = {
  // later: it is tried again by itself.
  stripe_unreachable: "wait: it is tried again; check the connection to api.stripe.com if it lasts",
  stripe_error: "wait: it is tried again; see status.stripe.com if it lasts",
  stripe_busy: "wait: it is tried again as soon as Stripe has room",
  stripe_answer_malformed:
    "wait: it is tried again; if it lasts, something between us and Stripe answers in its place",
  stripe_key_refused: "set STRIPE_SECRET_KEY to a key that is valid and may write invoices",
  stripe_unsettled: "look at the invoice in Stripe's dashboard: its answers contradict each other",
  // refused: a person must decide.
  stripe_refused: "correct what Stripe declined, then push again",
  invoice_differs_in_stripe:
    "find out who changed it in Stripe; a draft was deleted and can be pushed again, a finalized one needs a credit note",
  invoice_twice_in_stripe: "void one of the two in Stripe's dashboard, then push again",
  invoice_void_in_stripe: "decide whether the void stands; if not, bill the amount anew",
  invoice_sum_unequal:
    "report this as a fault of Submeter: lines and total of the invoice disagree",
  invoice_negative: "give the amount back as a credit note to the original invoice",
  amount_unpayable: "change the contract's currency or the amount: Stripe cannot take it exactly",
  credit_differs_in_stripe: "compare the credit note in Stripe's dashboard with ours",
  credit_void_in_stripe: "decide whether the void stands; if not, give the amount back anew",
  credit_invoice_unfit: "give the amount back by hand: its invoice is neither open nor paid",
  credit_invoice_differs: "correct the Stripe id of the original invoice, then push again",
  credit_line_missing: "give the amount back by hand: the original invoice has no such line",
  credit_line_not_positive: "report this as a fault of Submeter: a credit note only gives back",
};

/** An imperative sentence; null for a code that is none of a payment. */
export function paymentHint(code: string): string | null {
  return hints[code] ?? null;
}

export const paymentCodes: readonly string[] = Object.keys(hints);
