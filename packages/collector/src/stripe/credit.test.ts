import { afterAll, describe, expect, test } from "vitest";
import { faultModes } from "../dev/stripe-double/faults.ts";
import type { CreditLine, CreditOutcome, CreditPush, InvoicePush } from "./payments.ts";
import { impatientMs, invoiceOf, lines, openWorld } from "./push.fixture.ts";
import type { World } from "./push.fixture.ts";

const worlds: World[] = [];

afterAll(async () => {
  for (const world of worlds) await world.double.close();
});

/** 600.00 in two lines of 400.00 and 200.00. */
const original = invoiceOf(lines(400_00n, 200_00n));

async function withInvoice(
  seed: string,
  pushed: InvoicePush = original,
  timeoutMs?: number,
): Promise<{ world: World; stripeInvoiceId: string }> {
  const world = await openWorld(seed, timeoutMs);
  worlds.push(world);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const outcome = await world.pushOnce(pushed);
    if (outcome.kind === "finalized") return { world, stripeInvoiceId: outcome.stripeInvoiceId };
  }
  throw new Error("the original invoice was not finalized");
}

function noteOf(stripeInvoiceId: string, ...credited: readonly CreditLine[]): CreditPush {
  return {
    id: "correction-1",
    invoice: { id: "statement-1", stripeInvoiceId },
    currency: "USD",
    lines: credited,
    totalMinor: credited.reduce((sum, line) => sum + line.amountMinor, 0n),
    linesHash: "a".repeat(64),
    memo: "Late reports of January",
  };
}

function on(originalLineId: string | null, amountMinor: bigint): CreditLine {
  return {
    id: `credit of ${originalLineId ?? "its own"}`,
    originalLineId,
    description: "Correction of January",
    amountMinor,
  };
}

describe("a decrease", () => {
  test("of an open invoice lowers what is owed, on the original's own lines", async () => {
    const { world, stripeInvoiceId } = await withInvoice("open");
    const outcome = await world.creditOnce(noteOf(stripeInvoiceId, on("line-2", 50_00n)));
    const { creditNotes, invoices } = world.double.state();
    const [note] = creditNotes;
    expect(outcome).toEqual({
      kind: "issued",
      stripeCreditNoteId: note?.id,
      number: note?.number,
      totalMinor: 50_00n,
    });
    expect(note).toMatchObject({ reason: "order_change", memo: "Late reports of January" });
    expect(note?.lines.data[0]?.invoice_line_item).toBe(invoices[0]?.lines.data[1]?.id);
    expect(invoices[0]).toMatchObject({ status: "open", amount_remaining: 550_00 });
  });

  test("of the whole of an open invoice settles it", async () => {
    const { world, stripeInvoiceId } = await withInvoice("whole");
    const note = noteOf(stripeInvoiceId, on("line-1", 400_00n), on("line-2", 200_00n));
    expect(await world.creditOnce(note)).toMatchObject({ kind: "issued" });
    expect(world.double.state().invoices[0]).toMatchObject({ status: "paid", amount_remaining: 0 });
  });

  test("of a paid invoice becomes balance, which the next invoice uses up", async () => {
    const { world, stripeInvoiceId } = await withInvoice("paid");
    await world.person.invoices.pay(stripeInvoiceId, { paid_out_of_band: true });
    await world.creditOnce(noteOf(stripeInvoiceId, on("line-1", 70_00n)));
    expect(world.double.state().customers[0]).toMatchObject({ balance: -70_00 });
    const next = invoiceOf(lines(100_00n), { id: "statement-2", sequence: 2 });
    const progress = { stripeCustomerId: null, stripeInvoiceId: null };
    await world.payments.push(next, progress, () => Promise.resolve());
    const { invoices, customers } = world.double.state();
    expect(invoices[1]).toMatchObject({ total: 100_00, amount_due: 30_00 });
    expect(customers[0]).toMatchObject({ balance: 0 });
  });

  test("without a line of origin stands as a line of its own", async () => {
    const { world, stripeInvoiceId } = await withInvoice("own line");
    const note = noteOf(stripeInvoiceId, on("line-1", 1n), on(null, 10_00n));
    expect(await world.creditOnce(note)).toMatchObject({ kind: "issued", totalMinor: 10_01n });
    const [issued] = world.double.state().creditNotes;
    expect(issued?.lines.data.map((line) => [line.type, line.amount])).toEqual([
      ["invoice_line_item", 1],
      ["custom_line_item", 10_00],
    ]);
  });

  test("of lines that were collapsed is taken off the line that stands for them", async () => {
    const many = invoiceOf(lines(...Array.from({ length: 260 }, () => 100n)));
    const { world, stripeInvoiceId } = await withInvoice("collapsed", many);
    const note = noteOf(stripeInvoiceId, on("line-255", 30n), on("line-256", 40n));
    expect(await world.creditOnce(note)).toMatchObject({ kind: "issued" });
    const [issued] = world.double.state().creditNotes;
    expect(issued?.lines.data.map((line) => line.amount)).toEqual([70]);
  });
});

type Refusal = {
  given: string;
  note: (stripeInvoiceId: string) => CreditPush;
  before?: (world: World, stripeInvoiceId: string) => Promise<unknown>;
  outcome: Partial<CreditOutcome>;
};

const refusals: readonly Refusal[] = [
  {
    given: "more than the line was invoiced at",
    note: (id) => noteOf(id, on("line-2", 200_01n)),
    outcome: { kind: "refused", code: "stripe_refused" },
  },
  {
    given: "a line that the original has not got",
    note: (id) => noteOf(id, on("line-9", 1n)),
    outcome: { kind: "refused", code: "credit_line_missing" },
  },
  {
    given: "a line that would charge",
    note: (id) => noteOf(id, on("line-1", -1n)),
    outcome: { kind: "refused", code: "credit_line_not_positive" },
  },
  {
    given: "a total that is not the lines' sum",
    note: (id) => ({ ...noteOf(id, on("line-1", 1n)), totalMinor: 2n }),
    outcome: { kind: "refused", code: "invoice_sum_unequal" },
  },
  {
    given: "an original that was voided",
    note: (id) => noteOf(id, on("line-1", 1n)),
    before: ({ person }, id) => person.invoices.voidInvoice(id),
    outcome: { kind: "refused", code: "credit_invoice_unfit" },
  },
  {
    given: "another invoice of ours under the id",
    note: (id) => ({ ...noteOf(id, on("line-1", 1n)), invoice: { id: "x", stripeInvoiceId: id } }),
    outcome: { kind: "refused", code: "credit_invoice_differs" },
  },
  {
    given: "nothing to give back",
    note: (id) => noteOf(id),
    outcome: { kind: "not_pushed", reason: "zero_total" },
  },
];

describe("a decrease is not issued", () => {
  test.each(refusals)("given $given", async ({ given, note, before, outcome }) => {
    const { world, stripeInvoiceId } = await withInvoice(given);
    await before?.(world, stripeInvoiceId);
    expect(await world.creditOnce(note(stripeInvoiceId))).toMatchObject(outcome);
    expect(world.double.state().creditNotes).toHaveLength(0);
  });
});

describe("an invoice that is paid between our look and our request", () => {
  test("is looked at again, and the decrease becomes balance", async () => {
    const { world, stripeInvoiceId } = await withInvoice("race");
    world.double.faults.add({ method: "POST", path: "/v1/credit_notes", mode: "held" });
    const credited = world.creditOnce(noteOf(stripeInvoiceId, on("line-1", 70_00n)));
    await world.double.faults.held();
    await world.person.invoices.pay(stripeInvoiceId, { paid_out_of_band: true });
    world.double.faults.release();
    expect(await credited).toMatchObject({ kind: "issued", totalMinor: 70_00n });
    expect(world.double.state().customers[0]).toMatchObject({ balance: -70_00 });
    expect(world.double.state().creditNotes).toHaveLength(1);
  });
});

describe("each request of a credit note that meets an accident", () => {
  const accidents = faultModes.filter((mode) => mode !== "held");
  const requests = [
    { method: "GET", path: "/v1/credit_notes" },
    { method: "GET", path: "/v1/invoices/*" },
    { method: "POST", path: "/v1/credit_notes" },
  ];
  const cases = requests.flatMap((request) =>
    accidents.flatMap((mode) =>
      (["kept", "pruned"] as const).map((keys) => ({ ...request, mode, keys })),
    ),
  );

  test.concurrent.each(cases)("$method $path, $mode, keys $keys: one remains", async (accident) => {
    const { method, path, mode, keys } = accident;
    const { world, stripeInvoiceId } = await withInvoice(mode, original, impatientMs);
    world.double.faults.add({ method, path, mode });
    const note = noteOf(stripeInvoiceId, on("line-1", 5n));
    let outcome = await world.creditOnce(note);
    for (let attempt = 0; attempt < 5 && outcome.kind === "later"; attempt += 1) {
      if (keys === "pruned") world.double.wipeKeys();
      outcome = await world.creditOnce(note);
    }
    const { creditNotes, requests: seen } = world.double.state();
    expect(seen.filter(({ fault }) => fault === mode)).toHaveLength(1);
    expect(creditNotes).toHaveLength(1);
    expect(outcome).toMatchObject({ kind: "issued", stripeCreditNoteId: creditNotes[0]?.id });
  });
});
