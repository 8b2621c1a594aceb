/** Answers that are no receipts: whatever comes back, the outbox stays until the report's own signed receipt is there. */

import { formatInstant } from "@submeter/shared/time/instant";
import { signDocument } from "@submeter/shared/wire/document";
import { proofSigner } from "@submeter/shared/wire/ed25519";
import { parseKey } from "@submeter/shared/wire/key";
import { type Receipt, encodeReceipt } from "@submeter/shared/wire/receipt";
import type { Report } from "@submeter/shared/wire/report";
import { digestHex } from "@submeter/shared/wire/digest";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";
import { type Asked, type Reply, FakeCollector, fakeKey } from "./fake-collector.fixture.ts";

let world: AgentWorld;
beforeEach(async () => {
  world = await agentWorld();
  await world.agent.deliverNow();
});
afterEach(() => world.end());

/** Two reports wait: each lie is told to a bundle first, and then to a single report. */
async function sealTwo(): Promise<void> {
  for (const quantity of [1, 2]) {
    await send(world.agent, { meter: "tokens", quantity });
    world.clock.pass(3600);
    world.agent.sealNow();
  }
}

const key = parseKey(fakeKey("acme-prod"));
const strangerSigner = proofSigner(new Uint8Array(32).fill(99));

/** A receipt for the report that was sent, with changes, signed as the collector signs. */
function receiptFor(
  asked: Asked,
  changes: Partial<Receipt>,
  signer = world.collector.signer,
): Reply {
  const report = JSON.parse(asked.body.toString()) as Report;
  const body = encodeReceipt({
    version: 1,
    collector: "vendor",
    installation: report.installation,
    journal: report.journal,
    sequence: report.sequence,
    digest: digestHex(asked.body),
    outcome: "accepted",
    code: null,
    recorded_at: formatInstant(world.clock.now()),
    ...changes,
  });
  const headers = signDocument({
    body,
    tag: "submeter-receipt",
    created: world.clock.now(),
    key,
    proof: signer,
  });
  return { status: 200, headers, body };
}

const json = { "content-type": "application/json" };
const html = { "content-type": "text/html" };

describe("the outbox stays", () => {
  it.each([
    {
      given: "a WAF's 400",
      code: "answer_unsigned",
      reply: () => ({ status: 400, headers: html, body: "<h1>Blocked</h1>" }),
    },
    {
      given: "a portal's 200",
      code: "answer_unsigned",
      reply: () => ({ status: 200, headers: html, body: "<h1>Welcome</h1>" }),
    },
    { given: "an empty 200", code: "answer_unsigned", reply: () => ({ status: 200 }) },
    { given: "a 204", code: "answer_unsigned", reply: () => ({ status: 204 }) },
    {
      given: "a proxy's 409",
      code: "answer_unsigned",
      reply: () => ({ status: 409, headers: json, body: '{"error":"conflict"}' }),
    },
    {
      given: "a proxy's 422",
      code: "answer_unsigned",
      reply: () => ({ status: 422, headers: json, body: "{}" }),
    },
    {
      given: "a redirect",
      code: "redirect_refused",
      reply: () => ({ status: 307, headers: { location: "/elsewhere" } }),
    },
    {
      given: "a problem",
      code: "key_unknown",
      reply: () => ({
        status: 401,
        headers: { "content-type": "application/problem+json" },
        body: '{"code":"key_unknown","detail":"no such key"}',
      }),
    },
    { given: "a 500", code: "answer_unsigned", reply: () => ({ status: 500 }) },
    {
      given: "a receipt without its signatures",
      code: "answer_unsigned",
      reply: (asked: Asked) => {
        const { body } = world.collector.answer(asked);
        // In a bundle's answer the signatures stand in its lines.
        const text = Buffer.from(body ?? "")
          .toString()
          .replaceAll('"signature"', '"nothing"');
        return { status: 200, headers: json, body: text };
      },
    },
    {
      given: "half a receipt, the connection cut",
      code: "collector_unreachable",
      reply: (asked: Asked) => ({ ...world.collector.answer(asked), cut: true }),
    },
    {
      given: "half a receipt, cleanly ended",
      code: "answer_unsigned",
      reply: (asked: Asked) => {
        const reply = world.collector.answer(asked);
        return { ...reply, body: Buffer.from(reply.body ?? "").subarray(0, 40) };
      },
    },
  ] as { given: string; code: string; reply: (asked: Asked) => Reply }[])(
    "after $given",
    async ({ code, reply }) => {
      const single: Reply[] = [];
      world.collector.interfere = (asked) => {
        if (asked.path === "/state") return undefined;
        const lie = reply(asked);
        single.push(lie);
        return lie;
      };
      await send(world.agent, { meter: "tokens", quantity: 1 });
      world.clock.pass(3600);
      world.agent.sealNow();
      const alone = await world.agent.deliverNow();
      world.clock.pass(3600);
      world.agent.sealNow();
      const bundled = await world.agent.deliverNow();

      expect([alone, bundled].map(({ kind, delivered }) => ({ kind, delivered }))).toEqual([
        { kind: "later", delivered: 0 },
        { kind: "later", delivered: 0 },
      ]);
      expect(single).toHaveLength(2);
      expect(alone.problem?.code).toBe(code);
      expect(world.agent.status()).toMatchObject({
        backlog: { reports: 2 },
        last_receipt: null,
        delivery: { state: "waiting", problem: { code } },
      });

      world.collector.interfere = () => undefined;
      expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest", delivered: 2 });
      expect(world.collector.totals()).toEqual({ tokens: 1n });
      expect(world.agent.status()).toMatchObject({
        backlog: { reports: 0 },
        delivery: { problem: null },
      });
    },
  );

  it.each([
    { given: "a receipt of another report", changes: { sequence: 99 }, kind: "later" },
    {
      given: "a receipt of another journal",
      changes: { journal: "00000000-0000-4000-8000-000000000000" },
      kind: "later",
    },
    { given: "a receipt of other bytes", changes: { digest: "0".repeat(64) }, kind: "later" },
    {
      given: "a receipt of another installation",
      changes: { installation: "zeta" },
      kind: "later",
    },
  ] as { given: string; changes: Partial<Receipt>; kind: string }[])(
    "after $given, although it is signed",
    async ({ changes, kind }) => {
      world.collector.interfere = (asked) =>
        asked.path === "/ingest" ? receiptFor(asked, changes) : undefined;
      await send(world.agent, { meter: "tokens", quantity: 1 });
      world.clock.pass(3600);
      world.agent.sealNow();
      expect(await world.agent.deliverNow()).toMatchObject({ kind, delivered: 0 });
      expect(world.agent.status().backlog.reports).toBe(1);
    },
  );
});

describe("a staging copy, which holds the same HMAC keys", () => {
  it("stops delivery, never counting, until a person trusts it", async () => {
    const staging = await FakeCollector.start({
      keys: [fakeKey("acme-prod")],
      now: world.clock.now,
      seed: 55,
    });
    staging.name = "staging";
    await sealTwo();
    await world.restart({ endpoint: staging.url });
    expect((await world.agent.deliverNow()).kind).toBe("stopped");
    expect(world.agent.status().delivery).toMatchObject({
      state: "stopped",
      other_collector: { collector: "staging" },
    });
    expect(await send(world.agent, { meter: "tokens", quantity: 4 })).toMatchObject({
      status: 204,
    });

    await world.restart({ endpoint: world.collector.url });
    expect((await world.agent.deliverNow()).kind).toBe("stopped");
    expect(world.agent.status().backlog.reports).toBe(2);

    const trusted = await fetch(`${world.agent.url}/v1/trust`, {
      method: "POST",
      headers: json,
      body: "{}",
    });
    expect(await trusted.json()).toMatchObject({ delivery: { kind: "rest", delivered: 2 } });
    expect(world.collector.totals()).toEqual({ tokens: 3n });
    expect(staging.records.size).toBe(0);
    await staging.close();
  });

  it("that stands in for single answers moves nothing either", async () => {
    world.collector.interfere = (asked) =>
      asked.path === "/ingest"
        ? receiptFor(asked, { collector: "staging" }, strangerSigner)
        : undefined;
    await send(world.agent, { meter: "tokens", quantity: 1 });
    world.clock.pass(3600);
    world.agent.sealNow();
    expect((await world.agent.deliverNow()).kind).toBe("stopped");
    expect(world.agent.status().backlog.reports).toBe(1);
  });
});

describe("the pinned collector under a key that is not pinned yet", () => {
  it("is asked for its state, proven by a pinned key, and then believed; no person has to decide", async () => {
    const { collector } = world;
    const before = collector.state.bind(collector);
    const publicKeys = [collector.signer.publicKey, strangerSigner.publicKey];
    collector.state = (of) => ({ ...before(of), public_keys: publicKeys });
    collector.interfere = (asked) =>
      asked.path === "/ingest" ? receiptFor(asked, {}, strangerSigner) : undefined;
    await send(world.agent, { meter: "tokens", quantity: 1 });
    world.clock.pass(3600);
    world.agent.sealNow();
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "later", delivered: 0 });
    expect(world.agent.status()).toMatchObject({
      backlog: { reports: 1 },
      delivery: { other_collector: null },
    });
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest", delivered: 1 });
  });

  it("whose state is not proven by a pinned key either is another: delivery stops", async () => {
    const { collector } = world;
    collector.signer = strangerSigner;
    await send(world.agent, { meter: "tokens", quantity: 1 });
    world.clock.pass(3600);
    world.agent.sealNow();
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "later", delivered: 0 });
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "stopped", delivered: 0 });
  });
});

describe("a bundle", () => {
  it("that is too large for something on the way is halved until it passes", async () => {
    for (let hours = 0; hours < 9; hours += 1) {
      world.clock.pass(3600);
      world.agent.sealNow();
    }
    const sizes: number[] = [];
    world.collector.interfere = (asked) => {
      if (asked.path !== "/ingest" || asked.body.length < 1500) return undefined;
      sizes.push(asked.body.length);
      return { status: 413 };
    };
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest", delivered: 9 });
    expect(sizes.length).toBeGreaterThan(0);
    expect(world.collector.reports().map(({ sequence }) => sequence)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  it("whose answer holds some receipts moves those reports and no others", async () => {
    await sealTwo();
    world.collector.interfere = (asked) => {
      if (asked.path !== "/ingest") return undefined;
      world.collector.interfere = () => ({ status: 503 });
      const reply = world.collector.answer(asked);
      const [first] = String(reply.body).split("\n");
      return { ...reply, body: `${first}\n{"status":200}\n` };
    };
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "later", delivered: 1 });
    expect(world.agent.status().backlog.reports).toBe(1);
  });
});

describe("Retry-After", () => {
  it("holds delivery back for as long as was asked, and a person may go ahead", async () => {
    world.collector.interfere = (asked) =>
      asked.path === "/ingest" ? { status: 429, headers: { "retry-after": "120" } } : undefined;
    world.clock.pass(3600);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(world.agent.status().delivery.next_attempt_in_seconds).toBe(120);
    world.collector.interfere = () => undefined;
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest", delivered: 1 });
  });
});
