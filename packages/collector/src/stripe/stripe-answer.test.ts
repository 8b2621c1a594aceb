import nock from "nock";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { invoiceOf, lines, movableClock } from "./push.fixture.ts";
import { stripePayments } from "./stripe-payments.ts";

const base = "http://stripe.example";
const clock = movableClock(1_770_000_000);
const secretKey = "sk_test_canary_never_shown";
const payments = stripePayments({ secretKey, url: `${base}:80`, timeoutMs: 1000 }, clock);
const progress = { stripeCustomerId: "cus_1", stripeInvoiceId: null };

beforeAll(() => {
  nock.disableNetConnect();
});

afterEach(() => {
  nock.cleanAll();
});

afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

function push() {
  return payments.push(invoiceOf(lines(1n)), progress, () => Promise.resolve());
}

type Shape = { given: string; status: number; body: unknown; code: string };

const shapes: readonly Shape[] = [
  {
    given: "too many requests",
    status: 429,
    body: { error: { type: "invalid_request_error", code: "rate_limit", message: "slow down" } },
    code: "stripe_busy",
  },
  {
    given: "a lock that others hold",
    status: 429,
    body: { error: { type: "invalid_request_error", code: "lock_timeout", message: "locked" } },
    code: "stripe_busy",
  },
  {
    given: "a key that was revoked",
    status: 401,
    body: { error: { type: "invalid_request_error", message: `Invalid API Key: ${secretKey}` } },
    code: "stripe_key_refused",
  },
  {
    given: "a portal's page",
    status: 200,
    body: "<html>sign in</html>",
    code: "stripe_answer_malformed",
  },
  { given: "half an answer", status: 200, body: '{"object":"li', code: "stripe_answer_malformed" },
  { given: "null", status: 200, body: "null", code: "stripe_answer_malformed" },
  { given: "an object of no kind", status: 200, body: {}, code: "stripe_answer_malformed" },
  { given: "a proxy's error page", status: 502, body: "<html>", code: "stripe_answer_malformed" },
  {
    given: "Stripe's own 503",
    status: 503,
    body: { error: { type: "api_error", message: "down" } },
    code: "stripe_error",
  },
];

describe("an answer that proves nothing means later", () => {
  test.each(shapes)("given $given", async ({ status, body, code }) => {
    nock(base)
      .get("/v1/invoices")
      .query(true)
      .reply(status, body as nock.Body);
    const outcome = await push();
    expect(outcome).toMatchObject({ kind: "later", code });
    expect(JSON.stringify(outcome)).not.toContain(secretKey);
  });

  test("given an amount that is no integer", async () => {
    const invoice = {
      id: "in_1",
      status: "open",
      currency: "usd",
      customer: "cus_1",
      subtotal: 1.5,
      metadata: { invoice_id: "statement-1" },
      lines: { data: [], has_more: false },
    };
    nock(base)
      .get("/v1/invoices")
      .query(true)
      .reply(200, { object: "list", data: [invoice], has_more: false });
    expect(await push()).toMatchObject({ kind: "later", code: "stripe_answer_malformed" });
  });
});
