/** Invoices tell what became of them: once each, by the transaction that made it so. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { listEvents } from "../store/events.ts";
import type { Payments } from "../stripe/payments.ts";
import {
  agree,
  closes,
  contractOf,
  enrol,
  freshLife,
  type Life,
  newJournal,
  report,
} from "./contract-life.fixture.ts";
import { runDueWork } from "./scheduled.ts";

let life: Life;
let refuses = true;

/** Refuses the first push of all, then finalizes. */
const payments: Payments = {
  push: async (push) => {
    if (refuses) {
      refuses = false;
      return { kind: "refused", code: "customer_incomplete", detail: "no address" };
    }
    return {
      kind: "finalized",
      stripeCustomerId: "cus_1",
      stripeInvoiceId: "in_1",
      number: "A-0001",
      totalMinor: push.totalMinor,
      hostedUrl: "https://invoice.example.com/1",
    };
  },
  credit: async (credit) => ({
    kind: "issued",
    stripeCreditNoteId: "cn_1",
    number: "A-0001-CN-01",
    totalMinor: credit.totalMinor,
  }),
} as Payments;

beforeEach(async () => {
  refuses = true;
  life = await freshLife("2025-12-01T00:00:00Z", { payments });
});
afterEach(async () => {
  await life.close();
});

type Told = { type: string; data: Record<string, any> };

async function told(): Promise<Told[]> {
  const page = { after: null, limit: 100 };
  const rows = await listEvents(life.database, { type: "invoice.*", customer: "acme" }, page);
  return rows.map(({ payload }) => JSON.parse(payload) as Told);
}
const typesTold = async () =>
  (await told()).map(({ type }) => type).toSorted((a, b) => (a < b ? -1 : 1));

test("booked, provisional, refused, finalized, corrected and settled are told once each", async () => {
  await agree(life, contractOf("acme"));
  await enrol(life, "acme-eu", "acme", "2025-12-01T00:00:00Z");
  const journal = newJournal("acme-eu");
  life.moveTo("2026-01-29T00:00:01Z");
  await report(life, journal, {
    from: "2026-01-01T00:00:00Z",
    to: "2026-01-29T00:00:00Z",
    requests: 225_806,
  });
  life.moveTo("2026-02-02T00:00:00Z");
  expect(await closes(life, "acme")).toMatchObject({ provisional: true, total: "2258.06" });
  expect(await typesTold()).toEqual(["invoice.booked", "invoice.provisional"]);
  const [first] = await told();
  expect(first?.data).toMatchObject({
    invoice: "inv_acme_20260101T00_1",
    contract: "acme",
    period: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" },
    currency: "USD",
    total: "2258.06",
    provisional: true,
    document: { lines: [{ id: "requests" }] },
  });

  await runDueWork(life.context);
  expect(await typesTold()).toEqual(["invoice.booked", "invoice.provisional", "invoice.refused"]);
  await life.database.query("update invoices set status = 'booked'");
  await runDueWork(life.context);
  const finalized = (await told()).find(({ type }) => type === "invoice.finalized");
  expect(finalized?.data).toMatchObject({
    number: "A-0001",
    url: "https://invoice.example.com/1",
    document: { total: "2258.06" },
  });

  await report(life, journal, {
    from: "2026-01-29T00:00:00Z",
    to: "2026-02-02T00:00:00Z",
    requests: 24_194,
    windows: { from: "2026-01-29T00:00:00Z", to: "2026-02-01T00:00:00Z" },
  });
  await runDueWork(life.context);
  await runDueWork(life.context);
  expect(await typesTold()).toEqual([
    "invoice.booked",
    "invoice.corrected",
    "invoice.finalized",
    "invoice.provisional",
    "invoice.refused",
    "invoice.settled",
  ]);
  const corrected = (await told()).find(({ type }) => type === "invoice.corrected");
  expect(corrected?.data).toMatchObject({ invoice: "inv_acme_20260101T00_1", amount: "241.94" });
});
