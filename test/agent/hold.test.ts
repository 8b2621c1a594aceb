/** Billing rules, case 26: a review window holds sealed reports back, and says when that becomes overdue. */

import { hold, type HoldVerb } from "@submeter/agent/commands/hold";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";
import { local, spoken } from "./spoken.fixture.ts";

let world: AgentWorld;
beforeEach(async () => {
  world = await agentWorld();
  world.collector.fallbackAt = "2026-01-08T10:00:00Z";
});
afterEach(async () => {
  await world.end();
});

const say = (verb: HoldVerb) => spoken((io) => hold(local(world.agent), verb, { json: false }, io));

async function hourWith(quantity: number): Promise<void> {
  await send(world.agent, { meter: "tokens", quantity });
  world.clock.pass(3600);
  world.agent.beat();
  await world.agent.deliverNow();
}

/** The sequences that the collector has. */
const received = () => world.collector.reports().map(({ sequence }) => sequence);

describe("while reports are held back", () => {
  it("counting and sealing go on, nothing leaves, and it is said when that becomes overdue", async () => {
    await hourWith(1);
    expect((await say("on")).code).toBe(0);
    await hourWith(2);
    await hourWith(4);
    expect(received()).toEqual([1]);
    expect(world.agent.status()).toMatchObject({
      sealing: { last_sequence: 3 },
      backlog: { reports: 2 },
      hold: { since: "2026-01-05T11:00:00Z", reports: 2, overdue_at: "2026-01-08T10:00:00Z" },
    });
    const said = await say("status");
    expect(said).toMatchObject({ code: 0 });
    expect(said.text).toContain("Held back since 2026-01-05 11:00:00 UTC: 2 reports, the oldest");
    expect(said.text).toContain(
      "Held hours become overdue at 2026-01-08 10:00:00 UTC, in 69 h, by the vendor's word of",
    );
  });

  it("also what waited before stays, over a restart and whatever asks for delivery", async () => {
    world.collector.interfere = () => ({ status: 503 });
    await hourWith(1);
    await say("on");
    world.collector.interfere = () => undefined;
    await world.restart();
    await hourWith(2);
    expect(received()).toEqual([]);
    const exported = await fetch(`${world.agent.url}/v1/export`);
    expect(await exported.json()).toMatchObject({ reports: [] });
  });

  it("a release lets go of what is sealed so far, and holds what comes after", async () => {
    await say("on");
    await hourWith(1);
    const said = await say("release");
    expect(said.text).toContain("Delivered 1 report.");
    await hourWith(2);
    expect(received()).toEqual([1]);
    expect(world.agent.status().hold).toMatchObject({ reports: 1 });
  });

  it("ending it lets go of everything, in order, exactly once", async () => {
    await say("on");
    for (const quantity of [1, 2, 4]) await hourWith(quantity);
    const said = await say("off");
    expect(said.code).toBe(0);
    expect(said.text).toBe(
      "Nothing is held back: reports leave as they are sealed.\nDelivered 3 reports.\n",
    );
    await hourWith(8);
    expect(received()).toEqual([1, 2, 3, 4]);
    expect(world.collector.totals()).toEqual({ tokens: 15n });
  });

  it("what is overdue is said in as many words, and ends the command with 1", async () => {
    await hourWith(1);
    await say("on");
    await hourWith(2);
    world.clock.pass(4 * 86_400);
    const said = await say("status");
    expect(said.code).toBe(1);
    expect(said.text).toContain("Held hours are overdue since 2026-01-08 10:00:00 UTC");
  });

  it("what the collector has lost it gets back: that was looked at before", async () => {
    await hourWith(1);
    await say("on");
    world.collector.records.clear();
    world.collector.revision = "restored";
    await hourWith(2);
    world.clock.pass(7 * 3600);
    await world.agent.deliverNow();
    expect(received()).toEqual([1]);
  });
});
