/** Payments through Stripe: the official SDK behind the port of `payments.ts`. */

import type { Clock } from "@submeter/shared/time/clock";
import { creditInvoice } from "./credit.ts";
import type { Payments } from "./payments.ts";
import { pushInvoice } from "./push.ts";
import { stripeClient } from "./stripe-client.ts";
import type { StripeClientOptions } from "./stripe-client.ts";

export function stripePayments(options: StripeClientOptions, clock: Clock): Payments {
  const stripe = stripeClient(options);
  return {
    push: (invoice, progress, save) => pushInvoice(stripe, clock, invoice, progress, save),
    credit: (note, progress, save) => creditInvoice(stripe, note, progress, save),
  };
}
