/** What a conflict makes an agent seal again is counted once, whatever its sums, and whoever brings the answer. */

import { cpSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import type { Exported } from "@submeter/agent/intake/air-gap-routes";
import { bundleMediaType } from "@submeter/shared/wire/bundle";
import { type AgentWorld, agentWorld, send, temporaryFolder } from "./agent.fixture.ts";
import { gateBefore } from "./gate.fixture.ts";

/** An agent restored from a backup, whose next report has a name that the collector knows. */
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
  expect(again.map(({ sequence, coverage }) => [sequence, coverage])).toEqual([
    [1, []],
    [2, []],
    [3, [["2026-01-05T10:01:00Z", "2026-01-05T10:05:00Z"]]],
  ]);
  // The chain goes on behind them.
  await sealed(world, "11");
  await world.agent.deliverNow();
  expect(world.collector.reports().at(-1)).toMatchObject({ journal: name, sequence: 5 });
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
