/** What the tests of the push share: a double with a client against it, and one invoice to push. */

import { createHash } from "node:crypto";
import type { Clock } from "@submeter/shared/time/clock";
import { parseInstant } from "@submeter/shared/time/instant";
import type { Instant } from "@submeter/shared/time/instant";
import { Stripe } from "stripe";
import { startStripeDouble } from "../dev/stripe-double/stripe-double.ts";
import type { StripeDouble } from "../dev/stripe-double/stripe-double.ts";
import type {
  CreditOutcome,
  CreditProgress,
  CreditPush,
  InvoicePush,
  Payments,
  PushLine,
  PushOutcome,
  PushProgress,
} from "./payments.ts";
import { stripePayments } from "./stripe-payments.ts";

/** Obviously no real key. */
export const testKey = "sk_test_double";

/** For requests that are answered: never reached, however loaded the machine is. */
const patientMs = 30_000;

/** For requests that may never be answered. Too short on a loaded machine only means one more attempt. */
export const impatientMs = 150;

export const january = {
  from: parseInstant("2026-01-01T00:00:00Z"),
  to: parseInstant("2026-02-01T00:00:00Z"),
};

export type MovableClock = Clock & { move(seconds: number): void };

export function movableClock(start: Instant): MovableClock {
  let now = start;
  return {
    now: () => now,
    nowMs: () => now * 1000,
    monotonicMs: () => now * 1000,
    move: (seconds) => {
      now += seconds;
    },
  };
}

export type World = {
  readonly double: StripeDouble;
  readonly payments: Payments;
  readonly clock: MovableClock;
  /** The SDK itself, for what a person would do in Stripe's dashboard. */
  readonly person: Stripe;
  /** What was saved last. */
  readonly saved: () => PushProgress;
  readonly pushOnce: (invoice: InvoicePush) => Promise<PushOutcome>;
  readonly creditOnce: (note: CreditPush) => Promise<CreditOutcome>;
};

export async function openWorld(seed: string, timeoutMs: number = patientMs): Promise<World> {
  const clock = movableClock(january.to + 24 * 3600);
  const double = await startStripeDouble({ clock, seed });
  const payments = stripePayments({ secretKey: testKey, url: double.url, timeoutMs }, clock);
  const { hostname, port } = new URL(double.url);
  const person = new Stripe(testKey, { host: hostname, port, protocol: "http", telemetry: false });
  let progress: PushProgress = { stripeCustomerId: null, stripeInvoiceId: null };
  let creditProgress: CreditProgress = { stripeCreditNoteId: null };
  return {
    double,
    payments,
    clock,
    person,
    saved: () => progress,
    pushOnce: (invoice) =>
      payments.push(invoice, progress, (next) => {
        progress = next;
        return Promise.resolve();
      }),
    creditOnce: (note) =>
      payments.credit(note, creditProgress, (next) => {
        creditProgress = next;
        return Promise.resolve();
      }),
  };
}

/** Amounts in cents. */
export function lines(...amounts: readonly bigint[]): readonly PushLine[] {
  return amounts.map((amountMinor, index) => ({
    id: `line-${index + 1}`,
    description: `Requests, part ${index + 1}`,
    amountMinor,
    period: january,
  }));
}

export function invoiceOf(
  ours: readonly PushLine[],
  changes: Partial<InvoicePush> = {},
): InvoicePush {
  const text = ours.map((line) => `${line.id} ${line.amountMinor}`).join("\n");
  return {
    id: "statement-1",
    customer: { id: "customer-1", name: "Acme", email: "billing@acme.example", stripeId: null },
    currency: "USD",
    period: january,
    sequence: 1,
    planVersion: "standard@1",
    daysUntilDue: 30,
    lines: ours,
    totalMinor: ours.reduce((sum, line) => sum + line.amountMinor, 0n),
    linesHash: createHash("sha256").update(text).digest("hex"),
    createdAfter: january.to + 24 * 3600,
    memo: null,
    ...changes,
  };
}
