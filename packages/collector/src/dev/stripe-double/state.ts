/** A copy of everything the double holds, for tests, the demo and a person with curl. */

import type { Stripe } from "stripe";
import type { Books } from "./books.ts";
import type { FaultMode } from "./faults.ts";

/** One request that reached the double; `status` null when it was never answered. */
export type SeenRequest = {
  readonly method: string;
  readonly path: string;
  readonly idempotencyKey: string | null;
  readonly status: number | null;
  readonly replayed: boolean;
  readonly fault: FaultMode | null;
};

/** Everything the double holds, as copies. */
export type DoubleState = {
  readonly customers: readonly Stripe.Customer[];
  /** With all of their lines. */
  readonly invoices: readonly Stripe.Invoice[];
  readonly creditNotes: readonly Stripe.CreditNote[];
  /** The newest 10,000. */
  readonly requests: readonly SeenRequest[];
};

export function doubleState(books: Books, seen: readonly SeenRequest[]): DoubleState {
  const copy = <T>(value: T): T => structuredClone(value);
  return {
    customers: copy([...books.customers.values()]),
    invoices: copy(
      [...books.invoices.values()].map((invoice) => ({
        ...invoice,
        lines: { ...invoice.lines, data: books.lines.get(invoice.id) ?? [] },
      })),
    ),
    creditNotes: copy(
      [...books.creditNotes.values()].map((note) => ({
        ...note,
        lines: { ...note.lines, data: books.creditNoteLines.get(note.id) ?? [] },
      })),
    ),
    requests: copy([...seen]),
  };
}
