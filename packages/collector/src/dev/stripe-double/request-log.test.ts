import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stripe } from "stripe";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startStripeDouble } from "./stripe-double.ts";
import type { StripeDouble } from "./stripe-double.ts";

let directory: string;
let file: string;
let now = 1_767_225_600;
const clock = { now: () => now, nowMs: () => now * 1000, monotonicMs: () => now * 1000 };
let running: StripeDouble[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "submeter-double-"));
  file = join(directory, "stripe-double.ndjson");
});

afterEach(async () => {
  for (const double of running) await double.close();
  running = [];
  rmSync(directory, { recursive: true });
});

async function start(seed = "log"): Promise<{ double: StripeDouble; stripe: Stripe }> {
  const double = await startStripeDouble({ clock, seed, file });
  running.push(double);
  const { hostname, port } = new URL(double.url);
  const stripe = new Stripe("sk_test_double", {
    host: hostname,
    port,
    protocol: "http",
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: 30_000,
  });
  return { double, stripe };
}

async function invoiceFinalized(stripe: Stripe): Promise<string> {
  const { id: customer } = await stripe.customers.create({ name: "Acme, Zürich & Söhne" });
  const { id } = await stripe.invoices.create({ customer, currency: "chf" });
  now += 10;
  await stripe.invoices.addLines(id, { lines: [{ amount: 100 }, { amount: -1 }] });
  await stripe.invoices.finalizeInvoice(id);
  return id;
}

/** Everything but the address, which is another one after each start. */
function held(double: StripeDouble): unknown {
  const { customers, invoices, creditNotes } = double.state();
  return JSON.parse(
    JSON.stringify({ customers, invoices, creditNotes }).replaceAll(double.url, ""),
  );
}

test("a double that is started again holds what it held, and counts on", async () => {
  const first = await start();
  const id = await invoiceFinalized(first.stripe);
  await first.stripe.invoices.pay(id, { paid_out_of_band: true });
  now += 3600;
  const second = await start();
  expect(held(second.double)).toEqual(held(first.double));
  const next = await second.stripe.invoices.retrieve(await invoiceFinalized(second.stripe));
  expect(next.number).toMatch(/-0002$/);
  expect(next.id).not.toBe(id);
});

test("keys answer after a restart as before it, stored errors included", async () => {
  const first = await start();
  const made = await first.stripe.customers.create({ name: "A" }, { idempotencyKey: "made" });
  first.double.faults.add({ method: "POST", mode: "error_after" });
  const failing = { idempotencyKey: "failed" };
  await expect(first.stripe.customers.create({ name: "B" }, failing)).rejects.toThrow();
  const second = await start();
  const again = await second.stripe.customers.create({ name: "A" }, { idempotencyKey: "made" });
  expect(again.id).toBe(made.id);
  await expect(second.stripe.customers.create({ name: "B" }, failing)).rejects.toMatchObject({
    statusCode: 500,
  });
  expect(second.double.state().customers.map(({ name }) => name)).toEqual(["A", "B"]);
});

test("a line that a crash has cut short is dropped, and the file goes on", async () => {
  const first = await start();
  await first.stripe.customers.create({ name: "A" });
  appendFileSync(file, '{"at":1767225600,"method":"PO');
  const second = await start();
  await second.stripe.customers.create({ name: "C" });
  const third = await start();
  expect(third.double.state().customers.map(({ name }) => name)).toEqual(["A", "C"]);
  expect(readFileSync(file, "utf8").split("\n")).toHaveLength(4);
});

test("another double's file is refused, with what to do", async () => {
  await start();
  await expect(start("another seed")).rejects.toMatchObject({ code: "double_file_unreadable" });
  writeFileSync(file, "not ours\n");
  await expect(start()).rejects.toMatchObject({ hint: expect.stringContaining("delete it") });
});
