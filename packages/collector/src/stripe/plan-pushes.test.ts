import { describe, expect, test } from "vitest";
import type { FoundInvoice, FoundStatus } from "./found-invoice.ts";
import { planPush } from "./plan-pushes.ts";
import { invoiceOf, lines } from "./push.fixture.ts";

const invoice = invoiceOf(lines(3n, 4n));

function found(id: string, status: FoundStatus, changes: Partial<FoundInvoice> = {}): FoundInvoice {
  return {
    stripeInvoiceId: id,
    stripeCustomerId: "cus_1",
    invoiceId: invoice.id,
    linesHash: invoice.linesHash,
    status,
    created: 1,
    currency: "usd",
    subtotalMinor: 7n,
    totalBeforeTaxMinor: 7n,
    remainingMinor: 7n,
    number: status === "draft" ? null : `N-${id}`,
    hostedUrl: null,
    lines: invoice.lines.map((line) => ({
      stripeLineId: `il_${line.id}`,
      lineId: line.id,
      amountMinor: line.amountMinor,
      currency: "usd",
    })),
    ...changes,
  };
}

const empty = { lines: [], subtotalMinor: 0n, totalBeforeTaxMinor: 0n };

type Case = { given: string; when: readonly FoundInvoice[]; expected: object };

const cases: readonly Case[] = [
  { given: "nothing", when: [], expected: { do: "create" } },
  {
    given: "a draft without lines",
    when: [found("a", "draft", empty)],
    expected: { do: "add_lines", draft: { stripeInvoiceId: "a" } },
  },
  {
    given: "a draft with our lines",
    when: [found("a", "draft")],
    expected: { do: "finalize", draft: { stripeInvoiceId: "a" } },
  },
  {
    given: "our lines in another order",
    when: [found("a", "draft", { lines: found("a", "draft").lines.toReversed() })],
    expected: { do: "finalize" },
  },
  ...(["open", "paid", "uncollectible"] as const).map((status) => ({
    given: `an ${status} document with our lines`,
    when: [found("a", status)],
    expected: { do: "done", document: { stripeInvoiceId: "a" } },
  })),
  {
    given: "a document and a draft beside it",
    when: [found("a", "draft"), found("b", "open")],
    expected: { do: "delete", draft: { stripeInvoiceId: "a" } },
  },
  {
    given: "two drafts: the older one stays",
    when: [found("b", "draft", { created: 2 }), found("a", "draft", { created: 1 })],
    expected: { do: "delete", draft: { stripeInvoiceId: "b" } },
  },
  {
    given: "two documents",
    when: [found("a", "open"), found("b", "paid")],
    expected: { do: "refuse", code: "invoice_twice_in_stripe", draft: null },
  },
  {
    given: "a voided document and the one that stands for it",
    when: [found("a", "void"), found("b", "open")],
    expected: { do: "done", document: { stripeInvoiceId: "b" } },
  },
  {
    given: "a voided document only",
    when: [found("a", "void")],
    expected: { do: "refuse", code: "invoice_void_in_stripe", draft: null },
  },
  {
    given: "a finalized document with another sum",
    when: [found("a", "open", { subtotalMinor: 8n })],
    expected: { do: "refuse", code: "invoice_differs_in_stripe", draft: null },
  },
  {
    given: "a draft that a discount of Stripe's own lowers",
    when: [found("a", "draft", { totalBeforeTaxMinor: 6n })],
    expected: { do: "refuse", code: "invoice_differs_in_stripe", draft: { stripeInvoiceId: "a" } },
  },
  {
    given: "a draft in another currency",
    when: [found("a", "draft", { ...empty, currency: "eur" })],
    expected: { do: "refuse", code: "invoice_differs_in_stripe", draft: { stripeInvoiceId: "a" } },
  },
  {
    given: "a line in another currency",
    when: [
      found("a", "draft", {
        lines: found("a", "draft").lines.map((line) => ({ ...line, currency: "eur" })),
      }),
    ],
    expected: { do: "refuse", code: "invoice_differs_in_stripe" },
  },
  {
    given: "a known invoice that is not ours",
    when: [found("a", "open", { invoiceId: "statement-9" })],
    expected: { do: "refuse", code: "invoice_differs_in_stripe", draft: null },
  },
];

describe("what Stripe lacks", () => {
  test.each(cases)("given $given: $expected.do", ({ when, expected }) => {
    expect(planPush(invoice, invoice.lines, when)).toMatchObject(expected);
  });
});
