/** Which operation answers which method and path. What is not here, the double refuses as Stripe refuses an unknown path. */

import type { Call } from "./call.ts";
import {
  createCreditNote,
  listCreditNoteLines,
  listCreditNotes,
  retrieveCreditNote,
} from "./credit-notes.ts";
import { createCustomer, deleteCustomer, listCustomers, retrieveCustomer } from "./customers.ts";
import { addLines, listLines, updateLine } from "./invoice-lines.ts";
import {
  createInvoice,
  deleteInvoice,
  finalizeInvoice,
  listInvoices,
  payInvoice,
  retrieveInvoice,
  updateInvoice,
  voidInvoice,
} from "./invoices.ts";
import type { Operation } from "./stripe-schemas.ts";

type Route = Operation & { readonly run: (call: Call) => unknown };

export type MatchedRoute = {
  readonly operation: Operation;
  readonly run: (call: Call) => unknown;
  readonly id: string;
  readonly partId: string;
};

const routes: readonly Route[] = [
  { method: "post", path: "/v1/customers", run: createCustomer },
  { method: "get", path: "/v1/customers", run: listCustomers },
  { method: "get", path: "/v1/customers/{id}", run: retrieveCustomer },
  { method: "delete", path: "/v1/customers/{id}", run: deleteCustomer },
  { method: "post", path: "/v1/invoices", run: createInvoice },
  { method: "get", path: "/v1/invoices", run: listInvoices },
  { method: "get", path: "/v1/invoices/{id}", run: retrieveInvoice },
  { method: "post", path: "/v1/invoices/{id}", run: updateInvoice },
  { method: "delete", path: "/v1/invoices/{id}", run: deleteInvoice },
  { method: "post", path: "/v1/invoices/{id}/add_lines", run: addLines },
  { method: "get", path: "/v1/invoices/{id}/lines", run: listLines },
  { method: "post", path: "/v1/invoices/{invoiceId}/lines/{id}", run: updateLine },
  { method: "post", path: "/v1/invoices/{id}/finalize", run: finalizeInvoice },
  { method: "post", path: "/v1/invoices/{id}/void", run: voidInvoice },
  { method: "post", path: "/v1/invoices/{id}/pay", run: payInvoice },
  { method: "post", path: "/v1/credit_notes", run: createCreditNote },
  { method: "get", path: "/v1/credit_notes", run: listCreditNotes },
  { method: "get", path: "/v1/credit_notes/{id}", run: retrieveCreditNote },
  { method: "get", path: "/v1/credit_notes/{id}/lines", run: listCreditNoteLines },
];

/** Null for what the double does not answer. */
export function matchRoute(method: string, path: string): MatchedRoute | null {
  const given = path.split("/");
  for (const route of routes) {
    if (route.method !== method.toLowerCase()) continue;
    const wanted = route.path.split("/");
    if (wanted.length !== given.length) continue;
    if (!wanted.every((segment, i) => segment.startsWith("{") || segment === given[i])) continue;
    const ids = given.filter((_, i) => wanted[i]?.startsWith("{")).map(decodeURIComponent);
    const { run, ...operation } = route;
    return { operation, run, id: ids[0] ?? "", partId: ids[1] ?? "" };
  }
  return null;
}
