/** Flushing, and what it is called for: an attempt that began after somebody asked, whatever was under way before. */

import { afterEach, beforeEach, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";
import { type Gate, gateBefore } from "./gate.fixture.ts";

let world: AgentWorld;
let gate: Gate;
beforeEach(async () => {
  world = await agentWorld();
  gate = await gateBefore(world.collector);
  await world.restart({ endpoint: gate.url });
  await world.agent.deliverNow();
  await send(world.agent, { meter: "tokens", quantity: 1 });
  world.clock.pass(60);
  world.agent.sealNow();
});
afterEach(async () => {
  await world.end();
  await gate.close();
});

async function posted(path: string): Promise<unknown> {
  const response = await fetch(`${world.agent.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  return response.json();
}

/** Asked for while the attempt is under way: it seals first. */
async function flushAsked(): Promise<Promise<unknown>[]> {
  await send(world.agent, { meter: "tokens", quantity: 2 });
  const asked = posted("/v1/flush");
  await expect.poll(() => world.agent.status().backlog.reports, { interval: 5 }).toBe(2);
  return [asked];
}

it("does not end with the failure of an attempt that was under way", async () => {
  const failing = gate.hold({ status: 503 });
  const before = world.agent.deliverNow();
  await failing.arrived;
  const [asked] = await flushAsked();
  const also = world.agent.deliverNow();
  failing.pass();
  expect(await before).toMatchObject({ kind: "later", problem: { status: 503 } });
  expect(await asked).toMatchObject({ delivery: { kind: "rest", delivered: 2, problem: null } });
  expect(await also).toMatchObject({ kind: "rest", problem: null });
  expect(world.collector.totals()).toEqual({ tokens: 3n });
});

it("asks for the collector's word after what it delivered, also behind an attempt under way", async () => {
  const failing = gate.hold({ status: 503 });
  const before = world.agent.deliverNow();
  await failing.arrived;
  const [asked] = await flushAsked();
  world.collector.fallbackAt = "2026-01-09T00:00:00Z";
  failing.pass();
  await before;
  expect(await asked).toMatchObject({
    status: { collector: { fallback_at: "2026-01-09T00:00:00Z" } },
  });
});

it("trusting anew while a report is on its way does not take its receipt for a stranger's", async () => {
  const held = gate.hold();
  const before = world.agent.deliverNow();
  await held.arrived;
  const trusted = posted("/v1/trust");
  await settledWrites();
  held.pass();
  await before;
  expect(await trusted).toMatchObject({
    delivery: { kind: "rest" },
    status: { backlog: { reports: 0 }, delivery: { other_collector: null } },
  });
  expect(world.collector.totals()).toEqual({ tokens: 1n });
});

/** Until the agent has forgotten whom it trusted. */
async function settledWrites(): Promise<void> {
  await expect.poll(() => world.agent.status().collector, { interval: 5 }).toBeNull();
}

it("an agent that ends while somebody waits for a flush ends whole", async () => {
  const held = gate.hold({ status: 503 });
  const before = world.agent.deliverNow();
  await held.arrived;
  const asked = world.agent.deliverNow();
  await world.agent.close();
  held.pass();
  expect(await before).toMatchObject({ kind: "later" });
  expect(await asked).toMatchObject({ kind: "later", delivered: 0 });
});
