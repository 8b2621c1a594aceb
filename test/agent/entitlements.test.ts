/** The product asks the agent whether it may go on, and is answered here, also when nobody else can be asked. */

import { afterEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";
import { recordedRow, terms } from "./terms.fixture.ts";

let world: AgentWorld;
afterEach(() => world.end());

async function told(o: Parameters<typeof terms>[0] = {}): Promise<void> {
  world = await agentWorld();
  world.collector.terms = terms(o);
  await world.agent.deliverNow();
}

async function ask(path: string): Promise<{ status: number; json: any }> {
  const response = await fetch(`${world.agent.url}/v1/entitlements${path}`);
  return { status: response.status, json: await response.json() };
}

const large = (quantity: number) => ({
  meter: "requests",
  quantity,
  dimensions: { model: "large" },
});

describe("before the vendor has said anything", () => {
  it("the answer is unknown, not ok", async () => {
    world = await agentWorld();
    expect(await ask("/requests")).toMatchObject({
      status: 200,
      json: { status: "unknown", reason: "no_state", as_of: null, staleness_seconds: null },
    });
  });

  it("a collector that tells of no entitlements leaves it unknown", async () => {
    world = await agentWorld();
    await world.agent.deliverNow();
    expect((await ask("/requests")).json).toMatchObject({ status: "unknown", reason: "not_told" });
  });
});

describe("with a verified state", () => {
  it("what was recorded elsewhere and what was counted here since add up", async () => {
    await told({ usage: [recordedRow("requests", "50")] });
    expect((await ask("/requests")).json).toMatchObject({
      meter: "requests",
      unit: "request",
      status: "ok",
      used: "50",
      quota: "100",
      remaining: "50",
      resets_at: "2026-02-01T00:00:00Z",
      as_of: "2026-01-05T10:00:00Z",
      staleness_seconds: 0,
    });
    await send(world.agent, [large(6), large(4)]);
    world.clock.pass(90);
    expect((await ask("/requests")).json).toMatchObject({
      status: "throttle",
      rate: "1/min",
      used: "60",
      staleness_seconds: 90,
    });
    await send(world.agent, large(40));
    expect((await ask("/requests")).json).toMatchObject({ status: "blocked", remaining: "0" });
  });

  it("what the plan leaves out is not counted against the quota", async () => {
    await told();
    await send(world.agent, [{ meter: "requests", quantity: 90 }, large(1)]);
    expect((await ask("/requests")).json).toMatchObject({ status: "ok", used: "1" });
    world.agent.sealNow();
    expect((await ask("/requests")).json).toMatchObject({ status: "ok", used: "1" });
  });

  it("a peak is no sum", async () => {
    await told({ usage: [recordedRow("seats", "3")] });
    await send(world.agent, { meter: "seats", quantity: 4 });
    world.agent.sealNow();
    await send(world.agent, { meter: "seats", quantity: 2 });
    expect((await ask("/seats")).json).toMatchObject({ status: "warning", used: "4", quota: "5" });
  });

  it("everything is answered at once, with what the plan allows besides", async () => {
    await told();
    const { json } = await ask("");
    expect(json.features).toEqual({ agents_max: 20, sso: true, channels: ["web", "chat"] });
    expect(json.meters.map((one: any) => [one.meter, one.status])).toEqual([
      ["requests", "ok"],
      ["tokens", "ok"],
      ["sessions", "ok"],
      ["seats", "ok"],
    ]);
  });

  it("says how long what remains lasts at a pace", async () => {
    await told();
    expect((await ask("/requests?per_second=0.3")).json).toMatchObject({ seconds_left: 333 });
    expect((await ask("/requests")).json).not.toHaveProperty("seconds_left");
    expect(await ask("/requests?per_second=fast")).toMatchObject({
      status: 400,
      json: { code: "pace_malformed" },
    });
  });

  it("a meter that is not declared is not found", async () => {
    await told();
    expect(await ask("/requsets")).toMatchObject({ status: 404, json: { code: "meter_unknown" } });
  });

  it("a suspended customer is blocked, with the reason and where to put it right", async () => {
    await told({ suspended: true });
    expect((await ask("/tokens")).json).toMatchObject({
      status: "blocked",
      reason: "suspended",
      suspended: {
        reason: "invoice of December unpaid",
        fix_url: "https://pay.example.com/acme",
      },
    });
  });
});

describe("nothing counts twice", () => {
  it("when reports are sealed, delivered and told of in a newer state", async () => {
    await told();
    const used = async () => (await ask("/requests")).json.used;
    await send(world.agent, large(10));
    world.agent.sealNow();
    await send(world.agent, large(5));
    expect(await used()).toBe("15");
    world.clock.pass(1);
    await world.agent.deliverNow();
    // Delivered, and the state is from before: still counted here.
    expect(await used()).toBe("15");
    world.clock.pass(1);
    world.collector.terms = terms({ usage: [recordedRow("requests", "10")] });
    world.collector.revision = "r2";
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(world.collector.state("acme-prod").journals[0]?.through).toBe(2);
    world.collector.terms = terms({ usage: [recordedRow("requests", "15")] });
    world.collector.revision = "r3";
    await send(world.agent, large(1));
    world.agent.sealNow();
    await world.agent.deliverNow();
    world.collector.terms = terms({ usage: [recordedRow("requests", "16")] });
    world.clock.pass(6 * 3600);
    await world.agent.deliverNow();
    expect(await used()).toBe("16");
  });

  it("when the state is of the very second in which the report was recorded", async () => {
    await told();
    await send(world.agent, large(10));
    world.agent.sealNow();
    world.collector.terms = terms({ usage: [recordedRow("requests", "10")] });
    world.collector.revision = "r2";
    await world.agent.deliverNow();
    expect((await ask("/requests")).json).toMatchObject({ used: "10" });
  });

  it("when the agent restarts, offline for days", async () => {
    await told();
    world.collector.interfere = () => ({ status: 503 });
    for (let hour = 0; hour < 5; hour += 1) {
      await send(world.agent, large(3));
      world.clock.pass(3600);
      world.agent.sealNow();
    }
    await send(world.agent, large(2));
    await world.restart();
    expect((await ask("/requests")).json).toMatchObject({ used: "17", status: "ok" });
    world.clock.pass(27 * 86_400);
    const later = (await ask("/requests")).json;
    expect(later).toMatchObject({ used: "0", status: "ok", resets_at: "2026-03-01T00:00:00Z" });
    expect(later.staleness_seconds).toBeGreaterThan(27 * 86_400);
  });

  it("when the journal was forked and its reports were sealed anew", async () => {
    await told();
    await send(world.agent, large(7));
    world.agent.sealNow();
    world.collector.decide = ({ replaces }) =>
      replaces === null ? { outcome: "conflict", code: "digest_differs" } : null;
    world.collector.interfere = ({ path }) => (path === "/state" ? { status: 503 } : undefined);
    await world.agent.deliverNow();
    expect((await ask("/requests")).json).toMatchObject({ used: "7" });
  });
});

describe("the state is asked for", () => {
  const hellos = () => world.collector.asked.filter(({ path }) => path === "/state").length;

  async function beats(seconds: number): Promise<number> {
    const before = hellos();
    for (let passed = 0; passed < seconds; passed += 30) {
      world.clock.pass(30);
      await world.agent.deliverNow();
    }
    return hellos() - before;
  }

  it("every minute while a product is held back, so that whoever paid goes on", async () => {
    await told({ usage: [recordedRow("requests", "100")] });
    expect((await ask("/requests")).json.status).toBe("blocked");
    expect(await beats(60)).toBe(1);
    // Nobody asks any more: the state may age.
    world.clock.pass(300);
    await world.agent.deliverNow();
    expect(await beats(600)).toBe(0);
  });

  it("every hour where other installations use up the same quota", async () => {
    await told({ shared: true });
    expect(await beats(3570)).toBe(0);
    expect(await beats(30)).toBe(1);
  });

  it("when the period that it speaks of is over", async () => {
    world = await agentWorld({ start: "2026-01-31T23:50:00Z" });
    world.collector.terms = terms({ now: "2026-01-31T23:50:00Z" });
    await world.agent.deliverNow();
    expect(await beats(570)).toBe(0);
    expect(await beats(30)).toBe(1);
  });
});
