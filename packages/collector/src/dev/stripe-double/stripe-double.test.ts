import { Stripe } from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startStripeDouble } from "./stripe-double.ts";
import type { StripeDouble } from "./stripe-double.ts";

const testKey = "sk_test_double";
const startOf2026 = 1_767_225_600;

let now = startOf2026;
let double: StripeDouble;
let stripe: Stripe;

beforeAll(async () => {
  const clock = { now: () => now, nowMs: () => now * 1000, monotonicMs: () => now * 1000 };
  double = await startStripeDouble({ clock, seed: "its own tests" });
  const { hostname, port } = new URL(double.url);
  stripe = new Stripe(testKey, {
    host: hostname,
    port,
    protocol: "http",
    telemetry: false,
    maxNetworkRetries: 0,
  });
});

afterAll(async () => {
  await double.close();
});

async function customer(): Promise<string> {
  return (await stripe.customers.create({ name: "Acme" })).id;
}

async function draft(...amounts: readonly number[]): Promise<Stripe.Invoice> {
  const invoice = await stripe.invoices.create({
    customer: await customer(),
    currency: "usd",
    collection_method: "send_invoice",
    days_until_due: 30,
  });
  if (amounts.length === 0) return invoice;
  return stripe.invoices.addLines(invoice.id, { lines: amounts.map((amount) => ({ amount })) });
}

type RawAnswer = { status: number; headers: Headers; body: Record<string, never> };

/** A request as any client could send it, past the SDK and its types. */
async function raw(
  method: string,
  path: string,
  form = "",
  headers: Record<string, string> = { authorization: `Bearer ${testKey}` },
): Promise<RawAnswer> {
  const response = await fetch(`${double.url}${path}`, {
    method,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    ...(method === "POST" ? { body: form } : {}),
  });
  const body = (await response.json()) as Record<string, never>;
  return { status: response.status, headers: response.headers, body };
}

describe("what Stripe's schemas refuse, the double refuses", () => {
  test.each([
    {
      given: "an unknown parameter",
      form: "custmer=x",
      code: "parameter_unknown",
      param: "custmer",
    },
    {
      given: "a parameter that older versions had",
      form: "rendering_options[amount_tax_display]=x",
      code: "parameter_unknown",
      param: "rendering_options",
    },
    { given: "no integer", form: "days_until_due=1.5", code: "parameter_invalid_integer" },
    {
      given: "an integer beyond 2^53",
      form: "days_until_due=9007199254740993",
      code: "parameter_invalid_integer",
    },
    {
      given: "a value outside an enumeration",
      form: "collection_method=by_hand",
      code: "parameter_invalid",
    },
    { given: "no boolean", form: "auto_advance=maybe", code: "parameter_invalid" },
    { given: "no customer", form: "currency=usd", code: "parameter_missing", param: "customer" },
    {
      given: "a customer that does not exist",
      form: "customer=cus_0",
      code: "resource_missing",
      param: "customer",
    },
    { given: "no currency", form: "customer=CUS&currency=dollars", code: "parameter_invalid" },
    {
      given: "sent without a due date",
      form: "customer=CUS&collection_method=send_invoice",
      code: "parameter_missing",
    },
    {
      given: "what it does not model",
      form: "customer=CUS&automatic_tax[enabled]=true",
      code: "double_unmodelled",
    },
  ])("given $given", async ({ form, code, param }) => {
    const given = form.replace("CUS", await customer());
    const { status, body, headers } = await raw("POST", "/v1/invoices", given);
    expect(status).toBe(400);
    expect(body["error"]).toMatchObject({
      type: "invalid_request_error",
      code,
      ...(param === undefined ? {} : { param }),
    });
    expect(headers.get("request-id")).toMatch(/^req_/);
  });

  test("lines with a float, without an amount or with an unknown member, all or nothing", async () => {
    const { id } = await draft();
    for (const line of ["lines[1][amount]=0.1", "lines[1][description]=x", "lines[1][amont]=1"]) {
      const { status } = await raw(
        "POST",
        `/v1/invoices/${id}/add_lines`,
        `lines[0][amount]=1&${line}`,
      );
      expect(status).toBe(400);
    }
    expect((await stripe.invoices.retrieve(id)).lines.data).toEqual([]);
  });

  test("a list that asks for more than a hundred", async () => {
    await expect(stripe.invoices.list({ limit: 101 })).rejects.toMatchObject({ statusCode: 400 });
  });
});

describe("who may ask", () => {
  test.each([
    { given: "no key", headers: {} },
    { given: "a live key", headers: { authorization: "Bearer sk_live_1" } },
    { given: "something else", headers: { authorization: "Digest x" } },
  ])("not given $given", async ({ headers }) => {
    const { status } = await raw("GET", "/v1/invoices", "", headers as Record<string, string>);
    expect(status).toBe(401);
  });

  test("a test key, also as the user of basic authentication", async () => {
    const basic = Buffer.from(`${testKey}:`).toString("base64");
    const { status } = await raw("GET", "/v1/invoices", "", { authorization: `Basic ${basic}` });
    expect(status).toBe(200);
  });

  test("a path that it does not answer is said to be one", async () => {
    expect(await raw("GET", "/v1/subscriptions")).toMatchObject({ status: 404 });
  });
});

describe("an invoice", () => {
  test("is the sum of its lines, numbered without gaps when finalized", async () => {
    const numbers: number[] = [];
    for (const amounts of [[100, -1], [7]]) {
      const { id } = await draft(...amounts);
      const { number, total, status } = await stripe.invoices.finalizeInvoice(id);
      expect([total, status]).toEqual([amounts.reduce((sum, amount) => sum + amount, 0), "open"]);
      numbers.push(Number(number?.split("-")[1]));
    }
    // A draft that is deleted, and a finalization that is refused, use no number up.
    await stripe.invoices.del((await draft(1)).id);
    await expect(stripe.invoices.finalizeInvoice((await draft()).id)).rejects.toThrow();
    const { number } = await stripe.invoices.finalizeInvoice((await draft(1)).id);
    expect(numbers[1]).toBe((numbers[0] ?? 0) + 1);
    expect(Number(number?.split("-")[1])).toBe((numbers[1] ?? 0) + 1);
  });

  test("can no longer be changed once finalized", async () => {
    const { id, lines } = await draft(100);
    await stripe.invoices.finalizeInvoice(id);
    const line = lines.data[0]?.id ?? "";
    const changes = [
      () => stripe.invoices.addLines(id, { lines: [{ amount: 1 }] }),
      () => stripe.invoices.updateLineItem(id, line, { amount: 1 }),
      () => stripe.invoices.update(id, { description: "other" }),
      () => stripe.invoices.del(id),
      () => stripe.invoices.finalizeInvoice(id),
    ];
    for (const change of changes) await expect(change()).rejects.toMatchObject({ statusCode: 400 });
    expect(await stripe.invoices.retrieve(id)).toMatchObject({ total: 100, status: "open" });
  });

  test("that is a deleted draft is gone", async () => {
    const { id } = await draft(1);
    expect(await stripe.invoices.del(id)).toMatchObject({ deleted: true });
    await expect(stripe.invoices.retrieve(id)).rejects.toMatchObject({ code: "resource_missing" });
  });

  test("goes from open to void or paid, and no further", async () => {
    const voided = await stripe.invoices.finalizeInvoice((await draft(1)).id);
    expect((await stripe.invoices.voidInvoice(voided.id)).status).toBe("void");
    await expect(stripe.invoices.pay(voided.id, { paid_out_of_band: true })).rejects.toMatchObject({
      statusCode: 400,
    });
    const paid = await stripe.invoices.finalizeInvoice((await draft(1)).id);
    expect((await stripe.invoices.pay(paid.id, { paid_out_of_band: true })).status).toBe("paid");
    await expect(stripe.invoices.voidInvoice(paid.id)).rejects.toMatchObject({ statusCode: 400 });
  });

  test("over nothing is paid at once", async () => {
    const { id } = await draft(5, -5);
    expect((await stripe.invoices.finalizeInvoice(id)).status).toBe("paid");
  });

  test("holds 250 lines, shows ten, and pages the others", async () => {
    const { id, lines } = await draft(...Array.from({ length: 250 }, (_, i) => i));
    expect([lines.data.length, lines.has_more]).toEqual([10, true]);
    const all = await stripe.invoices
      .listLineItems(id, { limit: 100 })
      .autoPagingToArray({ limit: 999 });
    expect(all.map((line) => line.amount)).toEqual(Array.from({ length: 250 }, (_, i) => i));
    await expect(stripe.invoices.addLines(id, { lines: [{ amount: 1 }] })).rejects.toMatchObject({
      code: "invoice_too_many_line_items",
    });
  });

  test("is listed newest first, by customer and time", async () => {
    const owner = await customer();
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      now += 10;
      ids.unshift((await stripe.invoices.create({ customer: owner, currency: "usd" })).id);
    }
    const listed = await stripe.invoices.list({ customer: owner, limit: 2 });
    expect([listed.data.map(({ id }) => id), listed.has_more]).toEqual([ids.slice(0, 2), true]);
    const next = await stripe.invoices.list({ customer: owner, starting_after: ids[1] ?? "" });
    expect([next.data.map(({ id }) => id), next.has_more]).toEqual([ids.slice(2), false]);
    const late = await stripe.invoices.list({ customer: owner, created: { gte: now - 10 } });
    expect(late.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const before = await stripe.invoices.list({
      customer: owner,
      ending_before: ids[2] ?? "",
      limit: 1,
    });
    expect([before.data.map(({ id }) => id), before.has_more]).toEqual([ids.slice(1, 2), true]);
  });
});

describe("an idempotency key", () => {
  const key = (name: string) => ({ idempotencyKey: name });

  test("answers the same request alike, and says so", async () => {
    const first = await stripe.customers.create({ name: "A" }, key("alike"));
    const second = await stripe.customers.create({ name: "A" }, key("alike"));
    expect(second.id).toBe(first.id);
    expect(first.lastResponse.headers["idempotent-replayed"]).toBeUndefined();
    expect(second.lastResponse.headers["idempotent-replayed"]).toBe("true");
  });

  test("refuses other parameters", async () => {
    await stripe.customers.create({ name: "A" }, key("other"));
    await expect(stripe.customers.create({ name: "B" }, key("other"))).rejects.toMatchObject({
      rawType: "idempotency_error",
      statusCode: 400,
    });
  });

  test("keeps a 500, whether or not it took effect", async () => {
    for (const mode of ["error_before", "error_after"] as const) {
      double.faults.add({ method: "POST", path: "/v1/customers", mode });
      const create = () => stripe.customers.create({ name: mode }, key(mode));
      await expect(create()).rejects.toMatchObject({ statusCode: 500 });
      await expect(create()).rejects.toMatchObject({
        statusCode: 500,
        headers: { "idempotent-replayed": "true" },
      });
    }
    const names = double.state().customers.map(({ name }) => name);
    expect([names.includes("error_before"), names.includes("error_after")]).toEqual([false, true]);
  });

  test("is not used up by parameters that were invalid", async () => {
    const send = (form: string) =>
      raw("POST", "/v1/customers", form, {
        authorization: `Bearer ${testKey}`,
        "idempotency-key": "invalid first",
      });
    expect((await send("nme=A")).status).toBe(400);
    expect((await send("name=A")).status).toBe(200);
  });

  test("is busy while its request is under way", async () => {
    double.faults.add({ method: "POST", path: "/v1/customers", mode: "held" });
    const first = stripe.customers.create({ name: "A" }, key("busy"));
    await double.faults.held();
    await expect(stripe.customers.create({ name: "A" }, key("busy"))).rejects.toMatchObject({
      statusCode: 409,
      code: "idempotency_key_in_use",
    });
    double.faults.release();
    const { id } = await first;
    expect((await stripe.customers.create({ name: "A" }, key("busy"))).id).toBe(id);
  });

  test("is forgotten after 24 hours", async () => {
    const first = await stripe.customers.create({ name: "A" }, key("a day"));
    now += 24 * 3600 - 1;
    expect((await stripe.customers.create({ name: "A" }, key("a day"))).id).toBe(first.id);
    now += 1;
    expect((await stripe.customers.create({ name: "A" }, key("a day"))).id).not.toBe(first.id);
  });
});

describe("a credit note", () => {
  test("on a paid invoice must say where the money goes, to the cent", async () => {
    const { id } = await draft(100);
    const { lines } = await stripe.invoices.finalizeInvoice(id);
    await stripe.invoices.pay(id, { paid_out_of_band: true });
    const note = (credit_amount?: number) =>
      stripe.creditNotes.create({
        invoice: id,
        lines: [
          { type: "invoice_line_item", invoice_line_item: lines.data[0]?.id ?? "", amount: 60 },
        ],
        ...(credit_amount === undefined ? {} : { credit_amount }),
      });
    await expect(note()).rejects.toMatchObject({ statusCode: 400 });
    await expect(note(59)).rejects.toMatchObject({ statusCode: 400 });
    expect(await note(60)).toMatchObject({ total: 60, type: "post_payment", status: "issued" });
    // Two of 60 would be more than the line.
    await expect(note(60)).rejects.toMatchObject({ code: "amount_too_large" });
  });

  test("is not for drafts", async () => {
    const { id, lines } = await draft(100);
    const line = {
      type: "invoice_line_item" as const,
      invoice_line_item: lines.data[0]?.id ?? "",
      amount: 1,
    };
    await expect(stripe.creditNotes.create({ invoice: id, lines: [line] })).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});

describe("the double's own surface", () => {
  test("takes faults and tells its state over HTTP", async () => {
    const json = {
      method: "POST",
      body: JSON.stringify({ path: "/v1/customers", mode: "error_before" }),
    };
    expect((await fetch(`${double.url}/_double/faults`, json)).status).toBe(200);
    await expect(stripe.customers.list()).rejects.toMatchObject({ statusCode: 500 });
    expect((await stripe.customers.list()).data.length).toBeGreaterThan(0);
    const state = (await (await fetch(`${double.url}/_double/state`)).json()) as { customers: [] };
    expect(state.customers).toHaveLength(double.state().customers.length);
    const wrong = { method: "POST", body: '{"mode":"boom"}' };
    expect((await fetch(`${double.url}/_double/faults`, wrong)).status).toBe(400);
  });

  test("shows a finalized invoice under its hosted address, as data and as a page", async () => {
    const { id } = await draft();
    const lines = [{ amount: 123_456, description: "Requests <script>" }, { amount: -5 }];
    await stripe.invoices.addLines(id, { lines });
    const { hosted_invoice_url: url, number } = await stripe.invoices.finalizeInvoice(id);
    expect(await (await fetch(url ?? "")).json()).toMatchObject({ id, total: 123_451 });
    const page = await (await fetch(url ?? "", { headers: { accept: "text/html" } })).text();
    expect(page).toContain(`Invoice ${number}`);
    expect(page).toContain("1234.51 USD");
    expect(page).toContain("-0.05 USD");
    expect(page).toContain("Requests &lt;script&gt;");
  });

  test("answers alike to whom it is started with the same seed", async () => {
    const again = await startStripeDouble({
      clock: { now: () => now, nowMs: () => now * 1000, monotonicMs: () => 0 },
      seed: "its own tests",
    });
    const headers = { authorization: `Bearer ${testKey}` };
    const made = await fetch(`${again.url}/v1/customers`, { method: "POST", headers });
    expect(await made.json()).toMatchObject({ id: double.state().customers[0]?.id });
    await again.close();
  });
});
