/** What the journal does not take of an answer, or of a person's decision, is not held in memory either. */

import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Exported } from "@submeter/agent/intake/air-gap-routes";
import { openDatabase } from "@submeter/agent/journal/database";
import { bundleMediaType } from "@submeter/shared/wire/bundle";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";
import { FakeCollector, fakeKey } from "./fake-collector.fixture.ts";

let world: AgentWorld;
beforeEach(async () => {
  world = await agentWorld();
});
afterEach(() => world.end());

/** From the next start on the journal refuses this statement; null: none any more. */
async function refusing(statement: string | null): Promise<void> {
  await world.agent.close();
  const database = openDatabase(join(world.folder, "journal.sqlite"));
  database.exec("drop trigger if exists refused");
  if (statement !== null) {
    database.exec(
      `create trigger refused before ${statement} begin select raise(abort, 'refused'); end`,
    );
  }
  database.close();
  world.agent = await world.start();
}

async function post(path: string, type: string, body: string | Buffer<ArrayBuffer>) {
  const headers = { "content-type": type };
  const response = await fetch(`${world.agent.url}${path}`, { method: "POST", headers, body });
  return response.status;
}

it("a state from a file whose write fails is not known, and comes with the file again", async () => {
  await send(world.agent, { meter: "tokens", quantity: 1 });
  world.clock.pass(60);
  world.agent.sealNow();
  const response = await fetch(`${world.agent.url}/v1/export`);
  const { bundle } = (await response.json()) as Exported;
  const answered = await fetch(`${world.collector.url}/ingest`, {
    method: "POST",
    headers: { "content-type": bundleMediaType, "content-encoding": "gzip" },
    body: Buffer.from(bundle, "base64"),
  });
  const answer = await answered.text();
  const take = () => post("/v1/receipts", bundleMediaType, answer);

  await refusing("insert on knowledge when new.name = 'signed_at'");
  expect(await take()).toBe(500);
  expect(world.agent.status()).toMatchObject({ collector: null, backlog: { reports: 1 } });
  await refusing("update on reports");
  expect(await take()).toBe(500);
  expect(world.agent.status()).toMatchObject({
    collector: { collector: "vendor" },
    backlog: { reports: 1 },
    last_receipt: null,
  });
  await refusing(null);
  expect(await take()).toBe(200);
  expect(world.agent.status()).toMatchObject({ backlog: { reports: 0 } });
});

it("a collector that could not be forgotten is still the one that is trusted", async () => {
  await world.agent.deliverNow();
  const staging = await FakeCollector.start({
    keys: [fakeKey("acme-prod")],
    now: world.clock.now,
    seed: 55,
  });
  staging.name = "staging";
  await refusing("delete on knowledge when old.name = 'signed_at'");
  await world.agent.close();
  world.agent = await world.start({ endpoint: staging.url });
  expect(await post("/v1/trust", "application/json", "{}")).toBe(500);
  expect(world.agent.status().collector).toMatchObject({ collector: "vendor" });
  expect((await world.agent.deliverNow()).kind).toBe("stopped");
  await staging.close();
});

it("reports that a restored collector lost are offered with its next word when the first could not be kept", async () => {
  for (const quantity of [1, 2]) {
    await send(world.agent, { meter: "tokens", quantity });
    world.clock.pass(60);
    world.agent.sealNow();
  }
  await world.agent.deliverNow();
  world.collector.records.clear();
  // In one run of the agent: what the journal refuses hangs on something that can be switched off.
  await refusing("update on reports when exists (select 1 from knowledge where name = 'hold')");
  expect(await post("/v1/hold", "application/json", '{"action":"on"}')).toBe(500);
  expect(world.collector.totals()).toEqual({});
  await post("/v1/hold", "application/json", '{"action":"off"}');
  await world.agent.deliverNow();
  expect(world.collector.totals()).toEqual({ tokens: 3n });
});
