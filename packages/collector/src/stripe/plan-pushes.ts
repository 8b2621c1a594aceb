/**
 * What Stripe lacks, decided from what was found there: the one next step of a push. Pure.
 *
 *     nothing ─► create ─► draft without lines ─► add_lines ─► draft that equals ours ─► finalize ─► done
 *                                                              draft that differs    ─► refuse (and delete it)
 *
 * Drafts are cheap, nobody sees them and none finalizes by itself, so a draft in doubt is thrown away; what decides is
 * that a second finalized document can never come about.
 */

import type { FoundInvoice } from "./found-invoice.ts";
import type { InvoicePush, PushLine } from "./payments.ts";
import { differences, headDifferences } from "./verify-document.ts";

export type PushStep =
  | { readonly do: "create" }
  | { readonly do: "add_lines"; readonly draft: FoundInvoice }
  | { readonly do: "finalize"; readonly draft: FoundInvoice }
  /** A second draft of the same invoice, left behind by an attempt whose answer was lost. */
  | { readonly do: "delete"; readonly draft: FoundInvoice }
  | { readonly do: "done"; readonly document: FoundInvoice }
  | {
      readonly do: "refuse";
      readonly code: string;
      readonly detail: string;
      readonly draft: FoundInvoice | null;
    };

/** `lines` are the document's (`document-lines.ts`); `found` all that Stripe holds under the invoice's id. */
export function planPush(
  invoice: InvoicePush,
  lines: readonly PushLine[],
  found: readonly FoundInvoice[],
): PushStep {
  const issued = found.filter((document) => document.status !== "draft");
  const drafts = found
    .filter((document) => document.status === "draft")
    .toSorted((a, b) => a.created - b.created || (a.stripeInvoiceId < b.stripeInvoiceId ? -1 : 1));
  const [draft, second] = drafts;
  if (issued.length > 0) return planIssued(invoice, lines, issued, draft);
  if (draft === undefined) return { do: "create" };
  return second === undefined ? planDraft(invoice, lines, draft) : { do: "delete", draft: second };
}

function planIssued(
  invoice: InvoicePush,
  lines: readonly PushLine[],
  issued: readonly FoundInvoice[],
  draft: FoundInvoice | undefined,
): PushStep {
  const standing = issued.filter((document) => document.status !== "void");
  const [document, second] = standing;
  if (second !== undefined) {
    return refuse("invoice_twice_in_stripe", `finalized as ${names(standing)}`, null);
  }
  if (document === undefined) {
    return refuse("invoice_void_in_stripe", `voided there: ${names(issued)}`, null);
  }
  const differing = differences(invoice, lines, document);
  if (differing.length > 0) {
    const detail = `finalized ${names(standing)}: ${differing.join("; ")}`;
    return refuse("invoice_differs_in_stripe", detail, null);
  }
  return draft === undefined ? { do: "done", document } : { do: "delete", draft };
}

function planDraft(
  invoice: InvoicePush,
  lines: readonly PushLine[],
  draft: FoundInvoice,
): PushStep {
  const empty = draft.lines.length === 0;
  const differing = empty ? headDifferences(invoice, draft) : differences(invoice, lines, draft);
  if (differing.length > 0) {
    const detail = `draft ${draft.stripeInvoiceId}: ${differing.join("; ")}`;
    return refuse("invoice_differs_in_stripe", detail, draft);
  }
  return empty ? { do: "add_lines", draft } : { do: "finalize", draft };
}

function refuse(code: string, detail: string, draft: FoundInvoice | null): PushStep {
  return { do: "refuse", code, detail, draft };
}

function names(documents: readonly FoundInvoice[]): string {
  return documents
    .map((document) => `${document.number ?? "without number"} (${document.stripeInvoiceId})`)
    .join(", ");
}
