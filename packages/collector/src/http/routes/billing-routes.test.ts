/** Plans, contracts, close, invoices and corrections as the admin API gives them, over real HTTP. */

import { describe, expect, it } from "vitest";
import {
  type JournalOf,
  newJournal,
  report,
  requestsPlan,
} from "../../billing/contract-life.fixture.ts";
import { startTestCollector, type TestCollector } from "../../collector.fixture.ts";

const contract = {
  version: 1,
  id: "acme",
  customer: "acme",
  plan: { id: "requests", version: 1 },
  term: { from: "2026-01-05T00:00:00Z", to: null },
  cycle: { every: "days", days: 7 },
  minimum: { amount: "100.00" },
  fallback: "share",
};

type World = {
  collector: TestCollector;
  send: (day: Sent) => Promise<void>;
  move: (now: string) => Promise<any>;
};
type Sent = { from: string; to: string; requests: number };

async function agreed(): Promise<World> {
  const collector = await startTestCollector();
  const api: TestCollector["api"] = (...call) => collector.api(...call);
  await api("POST", "/customers", { id: "acme", name: "Acme Inc.", email: "ap@acme.example" });
  await api("POST", "/installations", {
    id: "acme-eu",
    customer: "acme",
    enrolled: "2026-01-05T00:00:00Z",
  });
  expect((await api("POST", "/plans", requestsPlan)).status).toBe(201);
  expect((await api("PUT", "/contracts/acme", contract)).status).toBe(200);
  const journal: JournalOf = newJournal("acme-eu");
  const life = { context: { clock: collector.clock }, database: collector.database };
  return {
    collector,
    send: async (sent) => void (await report(life, journal, sent)),
    move: async (now) => {
      const response = await fetch(`${collector.url}/dev/clock`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${collector.token}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ now, settle: true }),
      });
      return response.json();
    },
  };
}

const monday = "2026-01-05T00:00:00Z";

describe("the billing routes", () => {
  it("lead from a contract to a provisional invoice, its correction and the next invoice", async () => {
    const { collector, send, move } = await agreed();
    const api: TestCollector["api"] = (...call) => collector.api(...call);
    await move("2026-01-08T00:00:00Z");
    await send({ from: monday, to: "2026-01-08T00:00:00Z", requests: 36_000 });

    const open = await api("GET", "/close");
    expect(open.body.items).toMatchObject([
      {
        customer: "acme",
        contract: "acme",
        period: { from: monday, to: "2026-01-12T00:00:00Z" },
        state: "open",
        earliest: "2026-01-13T00:00:00Z",
      },
    ]);
    const preview = await api("POST", "/invoices/preview", { customer: "acme" });
    expect(preview.body.statement).toMatchObject({ basis: "open", total: "360.00" });

    expect(await move("2026-01-13T00:00:00Z")).toMatchObject({ closed: 1, failed: 0 });
    const listed = await api("GET", "/invoices?customer=acme");
    const [invoice] = listed.body.items;
    expect(invoice).toMatchObject({
      id: "inv_acme_20260105T00_1",
      basis: "fallback",
      provisional: true,
      status: "not_pushed",
      currency: "USD",
      total: "417.14",
      stripe: null,
      corrections: [],
    });

    await send({ from: "2026-01-08T00:00:00Z", to: "2026-01-12T00:00:00Z", requests: 12_000 });
    expect(await move("2026-01-13T01:00:00Z")).toMatchObject({ corrected: 1 });
    const waiting = await api("GET", "/corrections?status=ready");
    expect(waiting.body.items).toMatchObject([
      { id: "cor_acme_20260105T00_2", of_invoice: invoice.id, amount: "62.86", status: "ready" },
    ]);

    await send({ from: "2026-01-12T00:00:00Z", to: "2026-01-19T00:00:00Z", requests: 20_000 });
    expect(await move("2026-01-20T00:00:00Z")).toMatchObject({ closed: 1 });
    const second = await api("GET", "/invoices/inv_acme_20260112T00_1");
    expect(second.body).toMatchObject({
      basis: "measured",
      statement_total: "200.00",
      adjustments_total: "62.86",
      total: "262.86",
      corrections: [{ of: invoice.id, amount: "62.86" }],
      hours: { expected: 168, counted: 168 },
    });
    const first = await api("GET", `/invoices/${invoice.id}`);
    expect(first.body).toMatchObject({
      provisional: false,
      total: "417.14",
      corrected_by: [{ amount: "62.86", status: "invoiced", invoice: "inv_acme_20260112T00_1" }],
      statements: [
        { number: 1, basis: "fallback", total: "417.14" },
        { number: 2, basis: "measured", total: "480.00" },
      ],
    });
    const replay = await api("POST", `/invoices/${invoice.id}/replay`, {});
    expect(replay.body).toMatchObject({ result: "equal" });
    const text = await fetch(`${collector.url}/api/v1/invoices/inv_acme_20260112T00_1/text`, {
      headers: { authorization: `Bearer ${collector.token}` },
    });
    expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await text.text()).toContain("Adjustment to the invoice of 2026-01-13");
  });

  it("close on demand, and say what still waits", async () => {
    const { collector, send, move } = await agreed();
    await move("2026-01-11T12:00:00Z");
    await send({ from: monday, to: "2026-01-11T12:00:00Z", requests: 36_000 });
    await move("2026-01-13T00:00:00Z");
    const early = await collector.api("POST", "/invoices/close", {});
    expect(early.body).toMatchObject({
      closed: [],
      waiting: [{ state: "waiting", why: [expect.stringContaining("12 hours of journal")] }],
    });
    await send({ from: "2026-01-11T12:00:00Z", to: "2026-01-13T00:00:00Z", requests: 1 });
    const closed = await collector.api("POST", "/invoices/close", { customer: "acme" });
    expect(closed.body).toMatchObject({
      closed: [{ basis: "measured", total: "360.01" }],
      waiting: [],
    });
  });

  it("tell a dry run's effects and keep nothing", async () => {
    const { collector } = await agreed();
    const amended = { ...contract, version: 2, minimum: { amount: "250.00" } };
    const dry = await collector.api("PUT", "/contracts/acme?dry_run=true", amended);
    expect(dry.body).toMatchObject({ contract: { version: 2 } });
    expect(dry.body.effects).toContain("At least 250.00 USD is billed for it.");
    const kept = await collector.api("GET", "/contracts/acme");
    expect(kept.body).toMatchObject({ version: 1, document: { minimum: { amount: "100.00" } } });
  });

  it("end a contract", async () => {
    const { collector } = await agreed();
    const ended = await collector.api("POST", "/contracts/acme/end", {
      at: "2026-01-08T00:00:00Z",
      reason: "moved away",
    });
    expect(ended.body).toMatchObject({
      contract: { version: 2, ended_at: "2026-01-08T00:00:00Z", reason: "moved away" },
    });
  });

  const refusals: readonly [string, string, string, unknown, number, string][] = [
    ["a plan that is none", "POST", "/plans", { id: 1 }, 422, "plan_faulty"],
    ["a contract without a plan", "PUT", "/contracts/x", { id: "x" }, 422, "contract_faulty"],
    ["a plan that is unknown", "GET", "/plans/none", undefined, 404, "plan_unknown"],
    ["a contract that is unknown", "GET", "/contracts/none", undefined, 404, "contract_unknown"],
    ["an invoice that is unknown", "GET", "/invoices/none", undefined, 404, "invoice_unknown"],
    ["the replay of none", "POST", "/invoices/none/replay", {}, 404, "invoice_unknown"],
    [
      "a correction that is unknown",
      "POST",
      "/corrections/none/approve",
      { reason: "x" },
      404,
      "correction_unknown",
    ],
    [
      "an approval without a reason",
      "POST",
      "/corrections/none/approve",
      {},
      400,
      "request_invalid",
    ],
    [
      "a preview of nobody",
      "POST",
      "/invoices/preview",
      { customer: "nobody" },
      422,
      "period_unknown",
    ],
  ];

  it("refuse with a code and a next step", async () => {
    const collector = await startTestCollector();
    for (const [what, method, path, body, status, code] of refusals) {
      const answer = await collector.api(method, path, body);
      expect({ what, status: answer.status, code: answer.body.code }).toEqual({
        what,
        status,
        code,
      });
      expect(answer.body.hint).toMatch(/\w/);
    }
  });
});
