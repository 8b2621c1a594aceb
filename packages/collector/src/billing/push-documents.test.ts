/** Booked invoices and credit notes reach the payment provider exactly once, whatever happens on the way. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startStripeDouble, type StripeDouble } from "../dev/stripe-double/stripe-double.ts";
import { findInvoice } from "../store/invoices.ts";
import { noPayments } from "../stripe/no-payments.ts";
import type { Payments } from "../stripe/payments.ts";
import { stripePayments } from "../stripe/stripe-payments.ts";
import {
  agree,
  closes,
  contractOf,
  enrol,
  freshLife,
  type JournalOf,
  type Life,
  newJournal,
  owner,
  report,
  retire,
} from "./contract-life.fixture.ts";
import { pushAgain } from "./push-again.ts";
import { pushDocuments } from "./push-documents.ts";
import { runDueWork } from "./scheduled.ts";

let life: Life;
let double: StripeDouble;
let journal: JournalOf;

/** What waits longer is tried again; a loaded machine only costs one more attempt. */
const timeoutMs = 500;
const attemptsMax = 8;
const first = "inv_acme_20260101T00_1";

beforeEach(async () => {
  const clock = {
    now: () => life.context.clock.now(),
    nowMs: () => life.context.clock.nowMs(),
    monotonicMs: () => life.context.clock.monotonicMs(),
  };
  double = await startStripeDouble({ clock, seed: "billing" });
  const payments = stripePayments(
    { secretKey: "sk_test_double", url: double.url, timeoutMs },
    clock,
  );
  life = await freshLife("2025-12-01T00:00:00Z", { payments });
});

afterEach(async () => {
  await double.close();
  await life.close();
});

async function bookedJanuary(contract: Record<string, unknown> = {}): Promise<void> {
  await agree(life, contractOf("acme", contract));
  await enrol(life, "acme-eu", "acme", "2025-12-01T00:00:00Z");
  journal = newJournal("acme-eu");
  life.moveTo("2026-01-29T00:00:01Z");
  await report(life, journal, {
    from: "2026-01-01T00:00:00Z",
    to: "2026-01-29T00:00:00Z",
    requests: 225_806,
  });
  life.moveTo("2026-02-02T00:00:00Z");
  expect(await closes(life, "acme")).toMatchObject({ state: "closed", basis: "fallback" });
}

async function pushUntilDone(): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const { waiting } = await pushDocuments(life.context, { patient: false });
    if (waiting === 0) return;
  }
  throw new Error(`still waiting after ${attemptsMax} attempts`);
}

describe("a booked invoice", () => {
  it("is finalized with our lines, and its number copied back", async () => {
    await bookedJanuary();
    await pushUntilDone();
    const [document] = double.state().invoices;
    expect(await findInvoice(life.database, first)).toMatchObject({
      status: "finalized",
      stripe_invoice_id: document?.id,
      stripe_number: document?.number,
      stripe_total_minor: 225_806n,
      total_minor: 225_806n,
    });
  });

  // Every accident at every request is the adapter's own test; these show that the outbox goes on from each.
  for (const mode of ["error_after", "silent_after", "closed_before"] as const) {
    for (const [method, path] of [
      ["POST", "/v1/invoices"],
      ["POST", "/v1/invoices/*/add_lines"],
      ["POST", "/v1/invoices/*/finalize"],
    ] as const) {
      it(`is there once although ${method} ${path} met ${mode}`, async () => {
        await bookedJanuary();
        double.faults.add({ method, path, mode });
        await pushUntilDone();
        const finalized = double.state().invoices.filter(({ status }) => status !== "draft");
        expect(finalized.map(({ total }) => total)).toEqual([225_806]);
        expect(await findInvoice(life.database, first)).toMatchObject({
          status: "finalized",
          stripe_invoice_id: finalized[0]?.id,
        });
      });
    }
  }

  it("is there once although two workers run at the same time", async () => {
    await bookedJanuary();
    await Promise.all([1, 2, 3].map(() => pushDocuments(life.context, { patient: false })));
    await pushUntilDone();
    expect(double.state().invoices).toHaveLength(1);
  });

  it("is in one worker's hands at a time", async () => {
    await bookedJanuary();
    let [running, most] = [0, 0];
    let second: Promise<unknown> = Promise.resolve();
    const payments: Payments = {
      ...noPayments,
      push: async (...given) => {
        most = Math.max(most, (running += 1));
        // While this push is under way another worker looks for work, to the end.
        if (running === 1) second = pushDocuments(context, { patient: false });
        await second;
        running -= 1;
        return noPayments.push(...given);
      },
    };
    const context = { ...life.context, payments };
    await pushDocuments(context, { patient: false });
    expect(most).toBe(1);
  });

  it("is found again by a collector that was restored from a backup of before the push", async () => {
    await bookedJanuary();
    await pushUntilDone();
    const pushed = await findInvoice(life.database, first);
    double.wipeKeys();
    life.moveTo("2026-02-12T00:00:00Z");
    await life.database.query("alter table invoices disable trigger invoices_frozen");
    await life.database.query(
      `update invoices set status = 'booked', stripe_invoice_id = null, stripe_customer_id = null,
         stripe_number = null, stripe_total_minor = null, finalized_at = null,
         frozen_at = '2026-02-12T00:00:00Z' where id = $1`,
      [first],
    );
    await life.database.query("update customers set stripe_customer_id = null");
    await pushUntilDone();
    expect(double.state().invoices).toHaveLength(1);
    expect((await findInvoice(life.database, first))?.stripe_number).toBe(pushed?.stripe_number);
  });

  it("is tried again with a back-off that a patient run obeys", async () => {
    await bookedJanuary();
    double.faults.add({ method: "POST", path: "/v1/customers", mode: "error_before" });
    expect(await pushDocuments(life.context, { patient: true })).toMatchObject({ waiting: 1 });
    expect(await pushDocuments(life.context, { patient: true })).toMatchObject({ pushed: 0 });
    life.moveTo("2026-02-02T00:01:00Z");
    expect(await pushDocuments(life.context, { patient: true })).toMatchObject({ pushed: 1 });
  });

  it("that was refused goes out again when a person says so, and not before", async () => {
    await bookedJanuary();
    await life.database.query(
      `update invoices set status = 'refused', last_error = '{"code":"x","detail":"y"}'`,
    );
    expect(await pushDocuments(life.context, { patient: false })).toMatchObject({ pushed: 0 });
    await pushAgain(life.context, owner, { id: first, reason: "the customer was merged" });
    expect(await pushDocuments(life.context, { patient: false })).toMatchObject({ pushed: 1 });
    await expect(
      pushAgain(life.context, owner, { id: first, reason: "once more" }),
    ).rejects.toMatchObject({ code: "invoice_not_pushable" });
  });

  it("of 0 stays with us", async () => {
    await agree(life, contractOf("acme", { minimum: undefined, fallback: undefined }));
    life.moveTo("2026-02-02T00:00:00Z");
    expect(await runDueWork(life.context)).toMatchObject({ closed: 1, pushed: 0, failed: 0 });
    expect(await findInvoice(life.database, first)).toMatchObject({ status: "not_pushed" });
    expect(double.state().invoices).toEqual([]);
  });
});

describe("a decrease", () => {
  it("becomes a credit note to the original invoice", async () => {
    await bookedJanuary({ fallback: "share" });
    await pushUntilDone();
    life.moveTo("2026-02-03T00:00:00Z");
    await retire(life, "acme-eu", "2026-01-29T00:00:00Z");
    expect(await runDueWork(life.context)).toMatchObject({ corrected: 1, pushed: 1, failed: 0 });
    const [document] = double.state().invoices;
    const [note] = double.state().creditNotes;
    expect(note).toMatchObject({ invoice: document?.id, total: 9677 });
    const rows = await life.database.query("select status, stripe_number from credit_notes");
    expect(rows).toEqual([{ status: "finalized", stripe_number: note?.number }]);
  });
});
