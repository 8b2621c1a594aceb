/** A machine whose clock is wrong, or is set: what is sealed stays, coverage is split, and nothing is forgotten too early. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";

const day = 86_400;
/** From 2026-01-05T10:00:00Z to 2099-01-01T00:00:00Z. */
const to2099 = (Date.parse("2099-01-01T00:00:00Z") - Date.parse("2026-01-05T10:00:00Z")) / 1000;

let world: AgentWorld;
beforeEach(async () => {
  world = await agentWorld();
});
afterEach(() => world.end());

const count = (quantity: number, more: { id?: string; time?: string } = {}) =>
  send(world.agent, { meter: "tokens", quantity, ...more });

function sealedBytes(): string[] {
  return world.agent.sealNow().map(({ body }) => Buffer.from(body).toString());
}

const steps = [
  { given: "a day ahead", seconds: day, window: "2026-01-06T11:00:00Z" },
  { given: "a day back", seconds: -day, window: "2026-01-04T11:00:00Z" },
  { given: "to the year 2099", seconds: to2099, window: "2099-01-01T01:00:00Z" },
];

describe("a clock that is set", () => {
  it.each(steps)("$given reopens nothing sealed, and the totals stay exact", async (o) => {
    await count(1, { id: "a" });
    world.clock.pass(3600);
    const [before = ""] = sealedBytes();
    world.clock.step(o.seconds);
    await count(10, { id: "b" });
    expect((await count(1, { id: "a" })).status).toBe(200);
    world.clock.pass(600);
    world.agent.beat();
    world.agent.sealNow();
    world.clock.step(-o.seconds);
    await count(100, { id: "c" });
    expect((await count(10, { id: "b" })).status).toBe(200);
    world.clock.pass(600);
    world.agent.sealNow();
    await world.agent.deliverNow();

    const records = [...world.collector.records.values()];
    const chain = records
      .map(({ report }) => report)
      .toSorted((one, other) => one.sequence - other.sequence);
    expect(Buffer.from(records[0]?.body ?? []).toString()).toBe(before);
    expect(chain.map(({ sequence }) => sequence)).toEqual(chain.map((_, index) => index + 1));
    expect(world.collector.totals()).toEqual({ tokens: 111n });
    const lines = chain.flatMap(({ usage }) => usage.map((l) => `${l.quantity} in ${l.window}`));
    expect(lines).toContain(`10 in ${o.window}`);
    expect(world.collector.evidence).toEqual([]);
  });

  it.each([
    { seconds: 2, split: false },
    { seconds: -2, split: false },
    { seconds: 3, split: true },
    { seconds: -3, split: true },
    { seconds: day, split: true },
  ])("by $seconds s splits the coverage: $split", async ({ seconds, split }) => {
    world.clock.pass(600);
    world.clock.step(seconds);
    world.clock.pass(600);
    world.agent.tick();
    world.clock.pass(60);
    world.agent.sealNow();
    await world.agent.deliverNow();
    const coverage = world.collector.reports().flatMap((report) => report.coverage);
    const covered = coverage.reduce(
      (sum, [from, to]) => sum + (Date.parse(to) - Date.parse(from)) / 1000,
      0,
    );
    // Before a step the old reckoning holds, up to the last time it was looked at; it is never more than what passed.
    expect(covered).toBeLessThanOrEqual(1260 + Math.min(Math.abs(seconds), 2));
    expect(covered).toBeGreaterThan(0);
    expect(coverage.length === 1 && covered >= 1258).toBe(!split);
  });

  it("to 2099 and back seals and asks on time again, also after a restart in between", async () => {
    await world.agent.deliverNow();
    world.clock.step(to2099);
    world.clock.pass(3600);
    world.agent.beat();
    await world.agent.deliverNow();
    await world.restart();
    // A collector that cannot be asked for its state, in 2099.
    world.collector.interfere = ({ path }) => (path === "/state" ? { status: 503 } : undefined);
    await world.agent.deliverNow();
    world.clock.step(-to2099);
    world.collector.interfere = () => undefined;
    await count(1);
    world.agent.beat();
    world.clock.pass(60);
    world.agent.beat();
    const { next_at: next } = world.agent.status().sealing;
    expect(Date.parse(next ?? "") / 1000 - world.clock.now()).toBeLessThanOrEqual(3600);
    const helloes = () => world.collector.asked.filter(({ path }) => path === "/state").length;
    const before = helloes();
    world.clock.pass(3600);
    world.agent.beat();
    await expect.poll(() => world.collector.totals()["tokens"], { interval: 5 }).toBe(1n);
    world.clock.pass(15 * 60);
    world.agent.beat();
    await expect.poll(helloes, { interval: 5 }).toBeGreaterThan(before);
  });

  it("to 2099 forgets no id: they go by what the collector has signed, or by the time that was watched", async () => {
    await count(1, { id: "a" });
    await world.agent.deliverNow();
    world.clock.step(to2099);
    for (let beats = 0; beats < 3; beats += 1) {
      world.clock.pass(3600);
      world.agent.beat();
    }
    await world.restart();
    world.agent.beat();
    expect((await count(1, { id: "a" })).json).toEqual({
      accepted: 0,
      duplicates: 1,
      rejected: [],
    });
    world.clock.step(-to2099);
    expect(world.agent.status().counting.remembered_ids).toBe(1);
    // Once 72 hours have passed on both, it goes.
    world.clock.pass(74 * 3600);
    await world.agent.deliverNow();
    world.agent.beat();
    expect(world.agent.status().counting.remembered_ids).toBe(0);
  });
});

describe("the time of an event", () => {
  it.each([
    { given: "15 minutes ahead", time: "2026-01-05T10:15:00Z", status: 204 },
    { given: "more than 15 minutes ahead", time: "2026-01-05T10:15:01Z", status: 422 },
    { given: "years ago", time: "2019-06-01T00:00:00Z", status: 204 },
  ])("$given is answered $status", async ({ time, status }) => {
    expect((await count(1, { time })).status).toBe(status);
  });
});
