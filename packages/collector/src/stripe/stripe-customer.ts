/** The one Stripe customer of each of our customers, found again or made. */

import type { Stripe } from "stripe";
import { secondsPerDay } from "@submeter/shared/time/instant";
import type { Instant } from "@submeter/shared/time/instant";
import { text } from "./found-invoice.ts";
import { customerKey } from "./idempotency-keys.ts";
import type { InvoicePush } from "./payments.ts";
import { ask } from "./stripe-answer.ts";
import type { Answer } from "./stripe-answer.ts";

type Customer = InvoicePush["customer"];

const generationsMax = 8;

/** Well within the 24 hours for which Stripe keeps keys: after it, a key alone no longer tells a repetition. */
const keyTrustedSeconds = 20 * 3600;

/** The id of the customer in Stripe; makes one only when none is found under our id. */
export async function ensureCustomer(
  stripe: Stripe,
  customer: Customer,
  createdAfter: Instant,
  now: Instant,
): Promise<Answer<string>> {
  // Without an address to look by, looking costs a page a hundred customers: only when the key may have been pruned.
  let lookFirst = customer.email !== null || now - createdAfter > keyTrustedSeconds;
  for (let generation = 1; generation <= generationsMax; generation += 1) {
    if (lookFirst) {
      const found = await findCustomer(stripe, customer, createdAfter);
      if (found.kind !== "done") return found;
      if (found.value !== null) return { ...found, value: found.value };
    }
    const made = await createCustomer(stripe, customer, generation);
    if (made.kind !== "spent" && !(await isGone(stripe, made))) return made;
    lookFirst = true;
  }
  return { kind: "unknown", code: "stripe_unsettled", detail: "no key creates the customer" };
}

async function findCustomer(
  stripe: Stripe,
  customer: Customer,
  createdAfter: Instant,
): Promise<Answer<string | null>> {
  const filter =
    customer.email === null
      ? { created: { gte: createdAfter - secondsPerDay } }
      : { email: customer.email };
  const own: Stripe.Customer[] = [];
  return ask(
    async () => {
      for await (const candidate of stripe.customers.list({ ...filter, limit: 100 })) {
        if (candidate.metadata["customer_id"] === customer.id) own.push(candidate);
      }
      return own;
    },
    (found) => found.toSorted((a, b) => a.created - b.created)[0]?.id ?? null,
  );
}

function createCustomer(
  stripe: Stripe,
  customer: Customer,
  generation: number,
): Promise<Answer<string>> {
  const parameters: Stripe.CustomerCreateParams = {
    name: customer.name,
    ...(customer.email === null ? {} : { email: customer.email }),
    metadata: { customer_id: customer.id },
  };
  return ask(
    () =>
      stripe.customers.create(parameters, {
        idempotencyKey: customerKey(customer.id, generation),
      }),
    (made) => text(made.id, "customer id"),
  );
}

/** A replayed answer may speak of a customer that somebody has deleted since. */
async function isGone(stripe: Stripe, made: Answer<string>): Promise<boolean> {
  if (made.kind !== "done" || !made.replayed) return false;
  const answer = await ask(
    () => stripe.customers.retrieve(made.value),
    (customer) => customer.deleted === true,
  );
  return answer.kind === "missing" || (answer.kind === "done" && answer.value);
}
