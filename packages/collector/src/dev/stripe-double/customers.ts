/** Customers of the double. */

import type { Stripe } from "stripe";
import { nextId } from "./books.ts";
import type { Books } from "./books.ts";
import { createdWithin, page } from "./list-page.ts";
import type { PageRequest } from "./list-page.ts";
import { withMetadata } from "./metadata.ts";
import { onlyModelled } from "./modelled.ts";
import { invalid, missing } from "./refusal.ts";
import type { Call } from "./call.ts";

const nameLengthMax = 256;

export function createCustomer({ books, now, params }: Call): Stripe.Customer {
  onlyModelled(params, ["name", "email", "description", "metadata"]);
  const { name, email, description, metadata } = params as Stripe.CustomerCreateParams;
  if ((name ?? "").length > nameLengthMax) {
    throw invalid("parameter_invalid", `name has at most ${nameLengthMax} characters`, "name");
  }
  const customer: Stripe.Customer = {
    id: nextId(books, "cus"),
    object: "customer",
    address: null,
    balance: 0,
    created: now,
    currency: null,
    default_source: null,
    delinquent: false,
    description: description ?? null,
    discount: null,
    email: email ?? null,
    invoice_prefix: null,
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: withMetadata({}, metadata),
    name: name ?? null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  };
  books.customers.set(customer.id, customer);
  return customer;
}

export function retrieveCustomer({ books, id }: Call): Stripe.Customer | Stripe.DeletedCustomer {
  return books.deletedCustomers.has(id) ? deleted(id) : customerNamed(books, id);
}

/** The customer's invoices stay; nothing new can be made for it. */
export function deleteCustomer({ books, id }: Call): Stripe.DeletedCustomer {
  customerNamed(books, id);
  books.customers.delete(id);
  books.deletedCustomers.add(id);
  return deleted(id);
}

export function listCustomers({ books, params }: Call): Stripe.ApiList<Stripe.Customer> {
  onlyModelled(params, ["email", "created", "limit", "starting_after", "ending_before"]);
  const { email, created } = params as Stripe.CustomerListParams;
  const matching = [...books.customers.values()]
    .toReversed()
    .filter((customer) => email === undefined || customer.email === email)
    .filter((customer) => createdWithin(customer.created, created));
  return page(matching, params as PageRequest, "/v1/customers");
}

/** `param` when a parameter and not the path names it. */
export function customerNamed(books: Books, id: string, param?: string): Stripe.Customer {
  const customer = books.customers.get(id);
  if (customer === undefined) throw missing("customer", id, param);
  return customer;
}

function deleted(id: string): Stripe.DeletedCustomer {
  return { id, object: "customer", deleted: true };
}

export function customerOf(books: Books, invoice: Stripe.Invoice): Stripe.Customer {
  return customerNamed(books, typeof invoice.customer === "string" ? invoice.customer : "");
}
