/** What a conflict makes an agent seal again is counted once, whatever its sums, and whoever brings the answer. */

import { cpSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import type { Exported } from "@submeter/agent/intake/air-gap-routes";
import { bundleMediaType } from "@submeter/shared/wire/bundle";
import { type AgentWorld, agentWorld, send, temporaryFolder } from "./agent.fixture.ts";
import { gateBefore } from "./gate.fixture.ts";

/** An agent restored from a backup, whose next reports have names that the collector knows or does not want. */
async function restored(): Promise<AgentWorld & { backup: string }> {
  const world = await agentWorld();
  const backup = temporaryFolder();
  onTestFinished(async () => {
    await world.end();
    backup.remove();
  });
  await world.agent.deliverNow();
  await world.agent.close();
  cpSync(world.folder, backup.path, { recursive: true });
  await world.restart();
  await send(world.agent, { meter: "tokens", quantity: 1 });
  world.clock.pass(60);
  world.agent.sealNow();
  await world.agent.deliverNow();
  await world.restart({ folder: backup.path });
  const old = world.agent.status().journal;
  world.collector.decide = ({ journal }) =>
    journal === old ? { outcome: "conflict", code: "previous_differs" } : null;
  return Object.assign(world, { backup: backup.path });
}

async function sealed({ agent, clock }: AgentWorld, quantity: string): Promise<void> {
  await send(agent, { meter: "tokens", quantity });
  clock.pass(60);
  agent.sealNow();
}

it("sums that no line can hold are sealed again in lines of several reports", async () => {
  const world = await restored();
  const largest = "9".repeat(18);
  for (const quantity of [largest, "5", largest, "7"]) await sealed(world, quantity);
  expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest", problem: null });
  expect(world.agent.status()).toMatchObject({ backlog: { reports: 0, parked: 0 } });
  expect(world.collector.totals()).toEqual({ tokens: 2n * BigInt(largest) + 5n + 7n + 1n });
  const name = world.agent.status().journal;
  const again = world.collector.reports().filter(({ journal }) => journal === name);
  // Of several that are sealed at once the last carries the coverage.
  const coverages = again.map(({ coverage }) => coverage);
  expect(coverages.slice(0, -1).flat()).toEqual([]);
  expect(coverages.at(-1)).toEqual([["2026-01-05T10:01:00Z", "2026-01-05T10:05:00Z"]]);
  expect(again.length).toBeGreaterThanOrEqual(3);
  // The chain goes on behind them.
  await sealed(world, "11");
  await world.agent.deliverNow();
  expect(world.collector.reports().at(-1)?.sequence).toBeGreaterThan(again.length);
  expect(world.agent.status().journal).toBe(name);
});

it("months that wait are sealed again a report at a time, in reports of full size", async () => {
  const world = await restored();
  const [sets, hours] = [1000, 12];
  for (let hour = 0; hour < hours; hour += 1) {
    const events = Array.from({ length: sets }, (_, set) => ({
      meter: "sessions",
      quantity: 1,
      dimensions: { subject: `customer-${set}` },
    }));
    await send(world.agent, events);
    world.clock.pass(3600);
    world.agent.sealNow();
  }
  expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest" });
  const name = world.agent.status().journal;
  const again = world.collector.reports().filter(({ journal }) => journal === name);
  const lines = again.map(({ usage }) => usage.length);
  expect(lines.reduce((sum, count) => sum + count, 0)).toBe(sets * hours);
  expect(lines.length).toBeLessThan(hours / 2);
  expect(again.slice(0, -1).flatMap(({ coverage }) => coverage)).toEqual([]);
  expect(again.at(-1)?.coverage).toHaveLength(1);
  expect(world.collector.totals()).toEqual({ tokens: 1n, sessions: BigInt(sets * hours) });
});

it("a conflict that a file brings while the same answer is on its way is sealed again once", async () => {
  const world = await restored();
  const gate = await gateBefore(world.collector);
  onTestFinished(() => gate.close());
  await world.agent.close();
  world.agent = await world.start({ folder: world.backup, endpoint: gate.url });
  await sealed(world, "10");
  const held = gate.hold();
  const attempt = world.agent.deliverNow();
  await held.arrived;
  expect(await imported(world, await answerFile(world))).toMatchObject({ receipts: 1 });
  held.pass();
  await attempt;
  await world.agent.deliverNow();
  expect(world.agent.status().backlog).toMatchObject({ reports: 0, parked: 0 });
  expect(world.collector.totals()).toEqual({ tokens: 11n });
});

async function answerFile({ agent, collector }: AgentWorld): Promise<string> {
  const response = await fetch(`${agent.url}/v1/export`);
  const { bundle } = (await response.json()) as Exported;
  const answer = await fetch(`${collector.url}/ingest`, {
    method: "POST",
    headers: { "content-type": bundleMediaType, "content-encoding": "gzip" },
    body: Buffer.from(bundle, "base64"),
  });
  return answer.text();
}

async function imported({ agent }: AgentWorld, answer: string): Promise<unknown> {
  const response = await fetch(`${agent.url}/v1/receipts`, {
    method: "POST",
    headers: { "content-type": bundleMediaType },
    body: answer,
  });
  return response.json();
}
