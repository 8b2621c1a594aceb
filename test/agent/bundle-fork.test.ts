/** A journal restored from a backup that offers several reports at once, to the collector itself. */

import { cpSync } from "node:fs";
import { startTestCollector } from "@submeter/collector/collector.fixture";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  type AgentWorld,
  agentWorld,
  installation,
  send,
  temporaryFolder,
} from "./agent.fixture.ts";

let world: AgentWorld;
let backup: ReturnType<typeof temporaryFolder>;
beforeEach(async () => {
  world = await agentWorld();
  backup = temporaryFolder();
});
afterEach(async () => {
  await world.end();
  backup.remove();
});

async function hourWith(quantity: number): Promise<void> {
  await send(world.agent, { meter: "tokens", quantity });
  world.clock.pass(3600);
  world.agent.sealNow();
}

it("parts at the first report of the bundle: all of it is counted once, and no hour stays uncovered", async () => {
  const collector = await startTestCollector({ now: world.clock.now() });
  const key = await collector.enrol(installation);
  const ofCollector = { key, endpoint: collector.url };
  await world.restart(ofCollector);
  const deliver = () => {
    collector.clock.moveTo(world.clock.now());
    return world.agent.deliverNow();
  };
  await hourWith(1);
  await deliver();
  await world.agent.close();
  cpSync(world.folder, backup.path, { recursive: true });
  await world.restart(ofCollector);
  await hourWith(10);
  await deliver();

  await world.restart({ ...ofCollector, folder: backup.path });
  for (const quantity of [100, 1000, 10_000, 100_000, 1_000_000]) await hourWith(quantity);
  expect(await deliver()).toMatchObject({ kind: "rest" });

  const counted = await collector.database.query(
    "select trim_scale(sum(quantity))::text as total from usage_hourly",
  );
  expect(counted).toEqual([{ total: "1111111" }]);
  const { body } = await collector.api("GET", `/installations/${installation}/journals`);
  const found = body.items.map((row: Record<string, unknown>) => ({
    replaced: row["journal"] !== world.agent.status().journal,
    holes: row["holes"],
    covered_through: row["covered_through"],
  }));
  expect(found).toEqual(
    expect.arrayContaining([
      { replaced: true, holes: [], covered_through: "2026-01-05T12:00:00Z" },
      { replaced: false, holes: [], covered_through: "2026-01-05T17:00:00Z" },
    ]),
  );
  const spans = await collector.database.query<{ coverage: number[][] }>(
    "select coverage from reports where journal = $1 order by sequence",
    [world.agent.status().journal],
  );
  const start = world.clock.now() - 5 * 3600;
  expect(spans.flatMap(({ coverage }) => coverage ?? [])).toEqual([[start, start + 5 * 3600]]);
});
