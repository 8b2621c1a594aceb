import { afterAll, describe, expect, test } from "vitest";
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

const invoice = invoiceOf(lines(100_00n, 200_00n));

/** A draft with our lines that waits for its finalization. */
async function withDraft(seed: string): Promise<{ world: World; draftId: string }> {
  const opened = await world(seed);
  opened.double.faults.add({ path: "/v1/invoices/*/finalize", mode: "error_before" });
  expect(await opened.pushOnce(invoice)).toMatchObject({ kind: "later", code: "stripe_error" });
  const [draft] = opened.double.state().invoices;
  return { world: opened, draftId: draft?.id ?? "" };
}

type Tampering = {
  given: string;
  tamper: (world: World, draftId: string) => Promise<unknown>;
  says: RegExp;
};

const tamperings: readonly Tampering[] = [
  {
    given: "a foreign line",
    tamper: ({ person }, id) =>
      person.invoices.addLines(id, { lines: [{ amount: 1, description: "handling" }] }),
    says: /is not ours/,
  },
  {
    given: "one of our lines twice",
    tamper: ({ person }, id) =>
      person.invoices.addLines(id, {
        lines: [{ amount: 100_00, metadata: { line_id: "line-1" } }],
      }),
    says: /is there twice/,
  },
  {
    given: "a line with another amount",
    tamper: async ({ person, double }, id) => {
      const line = double.state().invoices[0]?.lines.data[1]?.id ?? "";
      await person.invoices.updateLineItem(id, line, { amount: 199_99 });
    },
    says: /line line-2 is 19999 in Stripe, 20000 with us/,
  },
  {
    given: "two lines whose amounts were swapped, the sum unchanged",
    tamper: async ({ person, double }, id) => {
      const [first, second] = double.state().invoices[0]?.lines.data ?? [];
      await person.invoices.updateLineItem(id, first?.id ?? "", { amount: 200_00 });
      await person.invoices.updateLineItem(id, second?.id ?? "", { amount: 100_00 });
    },
    says: /line line-1 is 20000 in Stripe, 10000 with us/,
  },
  {
    given: "a line that lost its id",
    tamper: async ({ person, double }, id) => {
      const line = double.state().invoices[0]?.lines.data[0]?.id ?? "";
      await person.invoices.updateLineItem(id, line, { metadata: { line_id: "" } });
    },
    says: /line line-1 is missing/,
  },
  {
    given: "the digest of other lines",
    tamper: ({ person }, id) => person.invoices.update(id, { metadata: { lines_hash: "other" } }),
    says: /metadata lines_hash is other/,
  },
];

describe("a draft that differs from our invoice is deleted, never finalized", () => {
  test.each(tamperings)("given $given", async ({ given, tamper, says }) => {
    const { world: opened, draftId } = await withDraft(given);
    await tamper(opened, draftId);
    const outcome = await opened.pushOnce(invoice);
    expect(outcome).toMatchObject({ kind: "refused", code: "invoice_differs_in_stripe" });
    expect((outcome as Extract<PushOutcome, { kind: "refused" }>).detail).toMatch(says);
    expect(opened.double.state().invoices).toEqual([]);
  });

  test("and a person's decision to push again makes a new draft, under the next key", async () => {
    const { world: opened, draftId } = await withDraft("again");
    await opened.person.invoices.addLines(draftId, { lines: [{ amount: 1 }] });
    await opened.pushOnce(invoice);
    expect(await opened.pushOnce(invoice)).toMatchObject({ kind: "finalized" });
    expect(opened.double.state().invoices).toHaveLength(1);
  });
});

describe("a document that a person has touched", () => {
  test("is not finalized again once it was voided", async () => {
    const opened = await world("voided");
    const first = await opened.pushOnce(invoice);
    expect(first.kind).toBe("finalized");
    await opened.person.invoices.voidInvoice(opened.saved().stripeInvoiceId ?? "");
    expect(await opened.pushOnce(invoice)).toMatchObject({
      kind: "refused",
      code: "invoice_void_in_stripe",
    });
    expect(opened.double.state().invoices).toHaveLength(1);
  });

  test("is ours still when it was finalized or paid by hand", async () => {
    const { world: opened, draftId } = await withDraft("by hand");
    const finalized = await opened.person.invoices.finalizeInvoice(draftId);
    await opened.person.invoices.pay(draftId, { paid_out_of_band: true });
    expect(await opened.pushOnce(invoice)).toMatchObject({
      kind: "finalized",
      number: finalized.number,
    });
  });

  test("is made anew when its draft was deleted by hand", async () => {
    const { world: opened, draftId } = await withDraft("deleted");
    await opened.person.invoices.del(draftId);
    expect(await opened.pushOnce(invoice)).toMatchObject({ kind: "finalized" });
    expect(opened.saved().stripeInvoiceId).not.toBe(draftId);
  });
});

describe("a request that takes effect long after we gave up on it", () => {
  test("leaves one document, and no draft beside it", async () => {
    const opened = await world("late", impatientMs);
    opened.double.faults.add({ method: "POST", path: "/v1/invoices", mode: "held" });
    expect(await opened.pushOnce(invoice)).toMatchObject({ code: "stripe_unreachable" });
    // The key says that its request is still under way, and the list cannot show the draft yet.
    expect(await opened.pushOnce(invoice)).toMatchObject({ kind: "later", code: "stripe_busy" });
    opened.double.faults.release();
    let outcome = await opened.pushOnce(invoice);
    for (let i = 0; i < 5 && outcome.kind === "later"; i += 1)
      outcome = await opened.pushOnce(invoice);
    expect(outcome.kind).toBe("finalized");
    expect(opened.double.state().invoices).toHaveLength(1);
  });

  test("a second draft is thrown away before the first is finalized", async () => {
    const { world: opened, draftId } = await withDraft("second draft");
    const { invoices, customers } = opened.double.state();
    const customer = customers[0]?.id ?? "";
    await opened.person.invoices.create({
      customer,
      currency: "usd",
      metadata: invoices[0]?.metadata ?? {},
    });
    const outcome = await opened.payments.push(
      invoice,
      { stripeCustomerId: customer, stripeInvoiceId: null },
      () => Promise.resolve(),
    );
    expect(outcome).toMatchObject({ kind: "finalized", stripeInvoiceId: draftId });
    expect(opened.double.state().invoices.map(({ id }) => id)).toEqual([draftId]);
  });
});

type Unpushable = { given: string; changes: Partial<InvoicePush>; outcome: Partial<PushOutcome> };

const unpushable: readonly Unpushable[] = [
  {
    given: "a total of zero",
    changes: { lines: lines(5n, -5n), totalMinor: 0n },
    outcome: { kind: "not_pushed", reason: "zero_total" },
  },
  {
    given: "no lines at all",
    changes: { lines: [], totalMinor: 0n },
    outcome: { kind: "not_pushed", reason: "zero_total" },
  },
  {
    given: "a negative total",
    changes: { lines: lines(5n, -6n), totalMinor: -1n },
    outcome: { kind: "refused", code: "invoice_negative" },
  },
  {
    given: "a total that is not the lines' sum",
    changes: { totalMinor: 300_01n },
    outcome: { kind: "refused", code: "invoice_sum_unequal" },
  },
  {
    given: "dinars with a last digit that Stripe does not take",
    changes: { currency: "KWD", lines: lines(1501n, -1n), totalMinor: 1500n },
    outcome: { kind: "refused", code: "amount_unpayable" },
  },
  {
    given: "an amount beyond exact JSON numbers",
    changes: { lines: lines(2n ** 60n), totalMinor: 2n ** 60n },
    outcome: { kind: "refused", code: "amount_unpayable" },
  },
];

describe("nothing is sent", () => {
  test.each(unpushable)("given $given", async ({ given, changes, outcome }) => {
    const opened = await world(given);
    expect(await opened.pushOnce({ ...invoice, ...changes })).toMatchObject(outcome);
    expect(opened.double.state().requests).toEqual([]);
  });
});

test("what Stripe declines is refused for good, and its draft deleted", async () => {
  const opened = await world("declined");
  const tooLong = invoiceOf(lines(1n).map((line) => ({ ...line, description: "x".repeat(5001) })));
  const outcome = await opened.pushOnce(tooLong);
  expect(outcome).toMatchObject({ kind: "refused", code: "stripe_refused" });
  expect(opened.double.state().invoices).toEqual([]);
});

test("an invoice of more than 250 lines shows 249 and one that sums up the rest", async () => {
  const opened = await world("many");
  const many = invoiceOf(lines(...Array.from({ length: 1000 }, (_, i) => BigInt(i + 1))));
  expect(await opened.pushOnce(many)).toMatchObject({ kind: "finalized", totalMinor: 500_500n });
  const shown = opened.double.state().invoices[0]?.lines.data ?? [];
  expect(shown).toHaveLength(250);
  expect(shown.at(-1)).toMatchObject({ metadata: { line_id: "see_statement" }, amount: 469_375 });
});

describe("a customer without an address is made once", () => {
  const withoutAddress = { ...invoice, customer: { ...invoice.customer, email: null } };

  test.each([
    { given: "its answer was lost for days", mode: "silent_after", days: 1.1 },
    { given: "its answer was an error that Stripe keeps repeating", mode: "error_after", days: 0 },
  ] as const)("also when $given", async ({ given, mode, days }) => {
    const opened = await world(given, impatientMs);
    opened.double.faults.add({ method: "POST", path: "/v1/customers", mode });
    expect(await opened.pushOnce(withoutAddress)).toMatchObject({ kind: "later" });
    opened.clock.move(days * 24 * 3600);
    let outcome = await opened.pushOnce(withoutAddress);
    for (let i = 0; i < 5 && outcome.kind === "later"; i += 1) {
      outcome = await opened.pushOnce(withoutAddress);
    }
    expect(outcome.kind).toBe("finalized");
    expect(opened.double.state().customers).toHaveLength(1);
  });
});

test("a customer that was deleted in Stripe is made anew for the next invoice", async () => {
  const opened = await world("deleted customer");
  const nothingSaved = { stripeCustomerId: null, stripeInvoiceId: null };
  const push = (id: string) =>
    opened.payments.push({ ...invoice, id }, nothingSaved, () => Promise.resolve());
  await push("statement-1");
  await opened.person.customers.del(opened.double.state().customers[0]?.id ?? "");
  expect(await push("statement-2")).toMatchObject({ kind: "finalized" });
  expect(opened.double.state().customers).toHaveLength(1);
});

test("a customer that was deleted in Stripe and whose id we hold is a person's matter", async () => {
  const opened = await world("known customer deleted");
  await opened.pushOnce(invoice);
  await opened.person.customers.del(opened.double.state().customers[0]?.id ?? "");
  const next = { ...invoice, id: "statement-2" };
  const progress = { ...opened.saved(), stripeInvoiceId: null };
  expect(await opened.payments.push(next, progress, () => Promise.resolve())).toMatchObject({
    kind: "refused",
    code: "stripe_refused",
  });
});
