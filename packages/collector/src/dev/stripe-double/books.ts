/** What the double holds: customers, invoices with their lines, credit notes, and the counters behind ids and numbers. */

import { createHash } from "node:crypto";
import type { Stripe } from "stripe";

export type Books = {
  readonly customers: Map<string, Stripe.Customer>;
  /** Ids of customers that were deleted, which Stripe still knows as such. */
  readonly deletedCustomers: Set<string>;
  /** `lines` of an invoice here are empty: the whole list stands in {@link Books.lines}. */
  readonly invoices: Map<string, Stripe.Invoice>;
  readonly lines: Map<string, Stripe.InvoiceLineItem[]>;
  readonly creditNotes: Map<string, Stripe.CreditNote>;
  readonly creditNoteLines: Map<string, Stripe.CreditNoteLineItem[]>;
  /** Ids already used, and numbers already given, by prefix. */
  readonly counters: Map<string, number>;
  /** Eight characters that tell one double's ids and numbers from another's. */
  readonly tag: string;
  /** Where the pages of documents are served. */
  url: string;
};

export function openBooks(seed: string): Books {
  return {
    customers: new Map(),
    deletedCustomers: new Set(),
    invoices: new Map(),
    lines: new Map(),
    creditNotes: new Map(),
    creditNoteLines: new Map(),
    counters: new Map(),
    tag: createHash("sha256").update(seed).digest("hex").slice(0, 8),
    url: "",
  };
}

/** The next id of a kind, such as `in_d0b1e5f2000001`; the same at every run. */
export function nextId(books: Books, kind: string): string {
  return `${kind}_${books.tag}${String(nextCount(books, kind)).padStart(6, "0")}`;
}

/** 1, 2, 3 … without gaps, for each name. */
export function nextCount(books: Books, name: string): number {
  const next = (books.counters.get(name) ?? 0) + 1;
  books.counters.set(name, next);
  return next;
}

/** Exact sum of integers in JSON; throws beyond what a JSON number holds exactly. */
export function sumOf(amounts: Iterable<number>): number {
  let sum = 0n;
  for (const amount of amounts) sum += BigInt(amount);
  const result = Number(sum);
  if (!Number.isSafeInteger(result)) throw new RangeError(`${sum} is beyond a JSON number`);
  return result;
}
