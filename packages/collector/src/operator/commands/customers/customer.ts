/** A customer as the API shows it, and as an operator reads it. */

import { nothing, type Page, pairs, plural } from "../../text/page.ts";
import { table } from "../../text/table.ts";
import { cellInstant, proseInstant } from "../../text/time-text.ts";

export type Customer = {
  readonly id: string;
  readonly name: string;
  readonly email?: string | null;
  readonly stripe_customer_id?: string | null;
  readonly created_at: string;
};

export function customersText(page: Page, customers: readonly Customer[]): string {
  if (customers.length === 0) {
    return nothing(
      page,
      "There are no customers yet.",
      "submeter customers add acme --name 'Acme GmbH'",
    );
  }
  const rows = customers.map((customer) => [
    page.paint.strong(customer.id),
    customer.name,
    customer.email ?? "",
    customer.stripe_customer_id ?? "",
    cellInstant(customer.created_at),
  ]);
  const columns = [
    { head: "customer" },
    { head: "name", shrinks: true as const },
    { head: "email", shrinks: true as const },
    { head: "Stripe" },
    { head: "since (UTC)" },
  ];
  return `${table(page, columns, rows)}\n\n${plural(customers.length, "customer")}`;
}

export function customerText(page: Page, customer: Customer): string {
  return pairs(page, [
    ["Customer", page.paint.strong(customer.id)],
    ["Name", customer.name],
    ["Email", customer.email ?? null],
    ["Stripe", customer.stripe_customer_id ?? "made with the first invoice"],
    ["Since", proseInstant(customer.created_at)],
  ]);
}
