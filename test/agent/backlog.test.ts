/** Thirty days offline: the backlog drains in bundles, in order, without a pause, while counting and sealing go on. */

import { gzipSync } from "node:zlib";
import { bundleMediaType } from "@submeter/shared/wire/bundle";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";
import type { Asked, Reply } from "./fake-collector.fixture.ts";

let world: AgentWorld;
beforeEach(async () => {
  world = await agentWorld();
  await world.agent.deliverNow();
});
afterEach(async () => {
  await world.end();
});

function sealHour(): void {
  world.clock.pass(3600);
  world.agent.sealNow();
}

const isBundle = ({ path, headers }: Asked) =>
  path === "/ingest" && headers["content-type"] === bundleMediaType;

describe("a backlog of 30 days", { timeout: 60_000 }, () => {
  it("drains in bundles, in order, with no pause between them, while counting and sealing go on", async () => {
    for (let day = 0; day < 30; day += 1) {
      await send(world.agent, { meter: "tokens", quantity: 1 });
      for (let hour = 0; hour < 24; hour += 1) sealHour();
    }
    expect(world.agent.status().backlog.reports).toBe(720);
    const answeredMax = 200;
    const during: Promise<{ status: number }>[] = [];
    world.collector.interfere = (asked) => {
      if (!isBundle(asked)) return undefined;
      // The product goes on while a bundle is under way, and an hour ends.
      during.push(send(world.agent, { meter: "tokens", quantity: 1000 }));
      sealHour();
      const reply = world.collector.answer(asked);
      // Answered in part: what got no answer is offered again.
      const lines = String(reply.body).split("\n").slice(0, answeredMax);
      return { ...reply, body: `${lines.join("\n")}\n` };
    };
    // The clock does not move while it waits: a pause of any length would end this with `later`.
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest", problem: null });
    const statuses = (await Promise.all(during)).map(({ status }) => status);
    expect(statuses.length).toBeGreaterThanOrEqual(4);
    expect(new Set(statuses)).toEqual(new Set([204]));

    world.collector.interfere = () => undefined;
    world.clock.pass(60);
    world.agent.sealNow();
    await world.agent.deliverNow();
    const sequences = world.collector.reports().map(({ sequence }) => sequence);
    expect(sequences).toEqual(Array.from(sequences, (_, index) => index + 1));
    expect(world.collector.totals()).toEqual({ tokens: BigInt(30 + 1000 * statuses.length) });
    expect(world.agent.status().backlog.reports).toBe(0);
    const bundles = world.collector.asked.filter(isBundle);
    expect(bundles.length).toBeLessThan(10);
  });
});

describe("an answer that is a bomb", () => {
  const zeros = Buffer.alloc(17 * 1024 * 1024);
  const bombs: { given: string; code: string; reply: (asked: Asked) => Reply }[] = [
    {
      given: "gzipped, and 17 MiB inflated",
      code: "answer_unsigned",
      reply: () => ({
        status: 200,
        headers: { "content-encoding": "gzip" },
        body: gzipSync(zeros),
      }),
    },
    {
      given: "17 MiB of nothing",
      code: "collector_unreachable",
      reply: () => ({ status: 200, body: zeros }),
    },
    {
      given: "the receipts, gzipped unasked",
      code: "answer_unsigned",
      reply: (asked) => {
        const reply = world.collector.answer(asked);
        const body = gzipSync(Buffer.from(reply.body ?? ""));
        return { ...reply, headers: { ...reply.headers, "content-encoding": "gzip" }, body };
      },
    },
  ];

  it.each(bombs)("$given, moves nothing, alone or in a bundle", async ({ code, reply }) => {
    world.collector.interfere = (asked) => (asked.path === "/ingest" ? reply(asked) : undefined);
    for (const waiting of [1, 2]) {
      await send(world.agent, { meter: "tokens", quantity: 1 });
      sealHour();
      expect(await world.agent.deliverNow()).toMatchObject({
        kind: "later",
        delivered: 0,
        problem: { code },
      });
      expect(world.agent.status().backlog.reports).toBe(waiting);
    }
    world.collector.interfere = () => undefined;
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest", delivered: 2 });
    expect(world.collector.totals()).toEqual({ tokens: 2n });
  });
});
