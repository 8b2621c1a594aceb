/** From the product's event to the receipt, through restarts. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";

let world: AgentWorld;
beforeEach(async () => {
  world = await agentWorld();
});
afterEach(() => world.end());

describe("an agent", () => {
  it("counts, seals, delivers, and holds a receipt for what it delivered", async () => {
    const answer = await send(world.agent, [
      { meter: "requests", quantity: 2, dimensions: { model: "large" } },
      { meter: "requests", quantity: "3", dimensions: { model: "large" } },
      { meter: "tokens", quantity: "0.125" },
    ]);
    expect(answer).toEqual({ status: 200, json: { accepted: 3, duplicates: 0, rejected: [] } });

    world.clock.pass(3600);
    const sealed = world.agent.sealNow();
    expect(sealed.map(({ sequence }) => sequence)).toEqual([1]);
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest", delivered: 1 });

    const [report] = world.collector.reports();
    expect(report).toMatchObject({
      installation: "acme-prod",
      sequence: 1,
      previous: null,
      coverage: [["2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z"]],
      usage: [
        { meter: "requests", dimensions: { model: "large" }, quantity: "5" },
        { meter: "tokens", dimensions: {}, quantity: "0.125" },
      ],
    });
    expect(world.agent.status().backlog.reports).toBe(0);
  });

  it("goes on after a restart where it stood", async () => {
    await send(world.agent, { meter: "tokens", quantity: "1" });
    world.clock.pass(600);
    await world.restart();
    await send(world.agent, { meter: "tokens", quantity: "2" });
    world.clock.pass(3000);
    world.agent.sealNow();
    world.clock.pass(3600);
    world.agent.sealNow();
    await world.agent.deliverNow();

    expect(world.collector.reports().map(({ usage }) => usage.map((l) => l.quantity))).toEqual([
      ["3"],
      [],
    ]);
    expect(world.collector.reports()[1]).toMatchObject({
      coverage: [["2026-01-05T11:00:00Z", "2026-01-05T12:00:00Z"]],
    });
  });
});
