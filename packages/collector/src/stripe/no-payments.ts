/** Payments without a provider: invoices are booked and stay with us. Chosen explicitly, never by a missing key. */

import type { NotPushed, Payments } from "./payments.ts";

const notPushed: NotPushed = { kind: "not_pushed", reason: "payments_none" };

export const noPayments: Payments = {
  push: () => Promise.resolve(notPushed),
  credit: () => Promise.resolve(notPushed),
};
