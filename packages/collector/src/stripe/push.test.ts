import { afterAll, describe, expect, test } from "vitest";
import { faultModes } from "../dev/stripe-double/faults.ts";
import type { FaultMode } from "../dev/stripe-double/faults.ts";
import type { InvoicePush, PushOutcome } from "./payments.ts";
import { impatientMs, invoiceOf, lines, openWorld } from "./push.fixture.ts";
import type { World } from "./push.fixture.ts";

const worlds: World[] = [];

afterAll(async () => {
  for (const opened of worlds) await opened.double.close();
});

async function world(seed: string, timeoutMs?: number): Promise<World> {
  const opened = await openWorld(seed, timeoutMs);
  worlds.push(opened);
  return opened;
}

/** Twelve lines, so that a document's lines do not fit its first page of ten. */
const invoice = invoiceOf(
  lines(100_00n, 1n, 333_33n, 333_33n, 333_34n, -50_00n, 7n, 8n, 9n, 10n, 11n, 12n),
);

const attemptsMax = 6;

type Between = (world: World) => void;

/** Pushes until it is settled, as the caller's schedule does. */
async function pushUntilSettled(
  { pushOnce }: World,
  pushed: InvoicePush,
  between: () => void,
): Promise<PushOutcome> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const outcome = await pushOnce(pushed);
    if (outcome.kind !== "later") return outcome;
    between();
  }
  throw new Error(`not settled after ${attemptsMax} attempts`);
}

function expectOneDocument({ double, saved }: World, outcome: PushOutcome): void {
  const { invoices } = double.state();
  expect(invoices.map(({ status }) => status)).toEqual(["open"]);
  const [document] = invoices;
  expect(outcome).toMatchObject({
    kind: "finalized",
    stripeInvoiceId: document?.id,
    number: document?.number,
    totalMinor: invoice.totalMinor,
  });
  expect(saved().stripeInvoiceId).toBe(document?.id);
  expect(BigInt(document?.total ?? 0)).toBe(invoice.totalMinor);
  expect(
    document?.lines.data.map((line) => [line.metadata["line_id"], BigInt(line.amount)]),
  ).toEqual(invoice.lines.map((line) => [line.id, line.amountMinor]));
}

describe("an undisturbed push", () => {
  test("finalizes one invoice with our lines and reads its number back", async () => {
    const undisturbed = await world("undisturbed");
    const outcome = await undisturbed.pushOnce(invoice);
    expectOneDocument(undisturbed, outcome);
    const { requests } = undisturbed.double.state();
    expect(
      requests.map(({ method, path }) => `${method} ${path.replace(/in_[0-9a-f]+/, "*")}`),
    ).toEqual(sequence);
    const [document] = undisturbed.double.state().invoices;
    expect(document).toMatchObject({
      currency: "usd",
      collection_method: "send_invoice",
      metadata: { invoice_id: "statement-1", customer_id: "customer-1", sequence: "1" },
    });
    // Stripe's period includes its last second.
    expect(document?.lines.data[0]?.period).toEqual({
      start: invoice.period.from,
      end: invoice.period.to - 1,
    });
  });

  test("repeated any number of times changes nothing", async () => {
    const repeated = await world("repeated");
    const first = await repeated.pushOnce(invoice);
    const second = await repeated.pushOnce(invoice);
    repeated.double.wipeKeys();
    const third = await repeated.pushOnce(invoice);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expectOneDocument(repeated, third);
  });

  test("of two invoices of one customer makes the customer once", async () => {
    const twice = await world("two invoices");
    await twice.pushOnce(invoice);
    const next = invoiceOf(lines(5n), { id: "statement-2", sequence: 2 });
    const outcome = await twice.payments.push(
      next,
      { stripeCustomerId: null, stripeInvoiceId: null },
      () => Promise.resolve(),
    );
    expect(outcome).toMatchObject({ kind: "finalized", number: expect.stringMatching(/-0002$/) });
    expect(twice.double.state().customers).toHaveLength(1);
  });
});

const accidents: readonly FaultMode[] = faultModes.filter((mode) => mode !== "held");

const pauses: readonly { keys: string; between: Between }[] = [
  { keys: "kept", between: () => {} },
  {
    keys: "pruned",
    between: ({ double, clock }) => {
      clock.move(25 * 3600);
      double.wipeKeys();
    },
  },
];

/** Every request of an undisturbed push, in order. */
const sequence = [
  "GET /v1/customers",
  "POST /v1/customers",
  "GET /v1/invoices",
  "POST /v1/invoices",
  "GET /v1/invoices/*",
  "POST /v1/invoices/*/add_lines",
  "GET /v1/invoices/*",
  "GET /v1/invoices/*/lines",
  "POST /v1/invoices/*/finalize",
  "GET /v1/invoices/*",
  "GET /v1/invoices/*/lines",
];

describe("each request of a push that meets an accident", () => {
  for (const [skip, request] of sequence.entries()) {
    for (const mode of accidents) {
      test.concurrent.each(pauses)(
        `${skip + 1}: ${request}, ${mode}, keys $keys: one document remains`,
        async ({ between }) => {
          const struck = await world(`${skip} ${mode}`, impatientMs);
          struck.double.faults.add({ mode, skip });
          const outcome = await pushUntilSettled(struck, invoice, () => between(struck));
          expectOneDocument(struck, outcome);
          const { requests, customers } = struck.double.state();
          expect(requests.filter(({ fault }) => fault === mode)).toHaveLength(1);
          expect(customers).toHaveLength(1);
        },
      );
    }
  }
});
