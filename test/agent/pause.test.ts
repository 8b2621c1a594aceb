/** Attested shutdowns, from the command to the collector's hands: sealed, signed, once, and never lost. */

import { cpSync } from "node:fs";
import { pause, type PauseOptions } from "@submeter/agent/commands/pause";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send, temporaryFolder } from "./agent.fixture.ts";
import { local, spoken } from "./spoken.fixture.ts";

let world: AgentWorld;
beforeEach(async () => {
  world = await agentWorld();
});
afterEach(async () => {
  await world.end();
});

const nothing: PauseOptions = {
  from: undefined,
  until: undefined,
  reason: undefined,
  by: undefined,
  end: false,
  list: false,
  json: false,
};
const holidays = { until: "2026-01-09T06", reason: "closed over the holidays" };

const say = (options: Partial<PauseOptions>) =>
  spoken((io) => pause(local(world.agent), { ...nothing, ...options }, world.clock.now(), io));

/** What each report at the collector attests. */
const received = () => world.collector.reports().map(({ x }) => x ?? null);

const inReport = {
  from: "2026-01-05T10:00:00Z",
  until: "2026-01-09T06:00:00Z",
  reason: "closed over the holidays",
};

describe("a shutdown that is attested", () => {
  it("leaves at once, in a sealed report, and in no other", async () => {
    const said = await say({ ...holidays, by: "M. Keller" });
    expect(said).toEqual({
      code: 0,
      text:
        "Attested: nothing runs here from 2026-01-05 10:00:00 UTC to 2026-01-09 06:00:00 UTC.\n" +
        "It has reached the vendor.\n" +
        "Counting goes on, and what is counted is billed. Once the vendor accepts it, hours without counts are excused.\n",
    });
    world.clock.pass(3600);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(received()).toEqual([{ shutdowns: [{ ...inReport, by: "M. Keller" }] }, null]);
    expect(world.agent.status().shutdown).toEqual(inReport);
  });

  it("waits like everything else while nobody can be reached, and is not forgotten by a restart", async () => {
    world.collector.interfere = () => ({ status: 503 });
    const said = await say(holidays);
    expect(said.code).toBe(1);
    expect(said.text).toContain(
      "sealed, and waits to be delivered with 1 report: do not switch off",
    );
    world.collector.interfere = () => undefined;
    await world.restart();
    await world.agent.deliverNow();
    expect(received()).toEqual([{ shutdowns: [inReport] }]);
  });

  it("stops no counting: what is counted in it is counted", async () => {
    await say(holidays);
    expect(await send(world.agent, { meter: "tokens", quantity: 3 })).toMatchObject({
      status: 204,
    });
    world.clock.pass(3600);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(world.collector.totals()).toEqual({ tokens: 3n });
  });

  it("ends by itself, and earlier when somebody says so", async () => {
    await say(holidays);
    world.clock.pass(3600);
    expect((await say({ end: true })).code).toBe(0);
    expect(received()).toEqual([
      { shutdowns: [inReport] },
      { shutdowns: [{ ...inReport, until: "2026-01-05T11:00:00Z" }] },
    ]);
    expect(world.agent.status().shutdown).toBeNull();
    await expect(say({ end: true })).rejects.toMatchObject({ code: "shutdown_not_running" });
  });

  it("is taken back before it begins", async () => {
    await say({ ...holidays, from: "+1d" });
    const said = await say({ end: true });
    expect(said.text).toMatch(
      /^Taken back: the shutdown that was attested from 2026-01-06 10:00:00/,
    );
    expect(received().at(-1)).toMatchObject({
      shutdowns: [{ from: "2026-01-06T10:00:00Z", until: "2026-01-06T10:00:00Z" }],
    });
    expect((await say({ list: true })).text).toBe(
      "from 2026-01-06 10:00:00 UTC taken back: closed over the holidays\n",
    );
  });

  it("may be attested within ten days after the fact, and no later", async () => {
    const past = { from: "2025-12-20", until: "2025-12-30", reason: "holidays" };
    expect((await say(past)).code).toBe(0);
    expect(received()).toMatchObject([{ shutdowns: [{ until: "2025-12-30T00:00:00Z" }] }]);
    await expect(say({ ...past, until: "2025-12-26" })).rejects.toMatchObject({
      code: "shutdown_too_late",
    });
    await expect(say({ until: "+1d" })).rejects.toMatchObject({ code: "usage_malformed" });
    expect((await say({ list: true, json: true })).text).toContain('"sealed":true');
  });

  it("is carried over into a new journal when its report was never delivered", async () => {
    const backup = temporaryFolder();
    world.agent.sealNow();
    world.clock.pass(60);
    world.agent.sealNow();
    await world.agent.deliverNow();
    await world.agent.close();
    cpSync(world.folder, backup.path, { recursive: true });
    await world.restart();
    world.clock.pass(60);
    world.agent.sealNow();
    await world.agent.deliverNow();

    await world.restart({ folder: backup.path });
    const old = world.agent.status().journal;
    // The restored double says it, and learns by the conflict that nobody has heard it.
    await say(holidays);
    expect(world.agent.status().journal).not.toBe(old);
    expect(received().some((x) => x !== null)).toBe(false);
    world.clock.pass(3600);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(received().filter((x) => x !== null)).toEqual([
      { shutdowns: [{ ...inReport, from: "2026-01-05T10:02:00Z" }] },
    ]);
    backup.remove();
  });
});
