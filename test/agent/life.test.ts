/** From the product's event to the receipt, through restarts. */

import { cpSync } from "node:fs";
import type { Preview } from "@submeter/agent/intake/control";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, meterFile, send, temporaryFolder } from "./agent.fixture.ts";
import { fakeKey } from "./fake-collector.fixture.ts";

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

  it("previews the very bytes that a seal at that instant makes", async () => {
    await send(world.agent, [
      { meter: "requests", quantity: 2, source: "product" },
      { meter: "seats", quantity: 9 },
    ]);
    world.clock.pass(1800);
    const response = await fetch(`${world.agent.url}/v1/preview`);
    const { reports } = (await response.json()) as Preview;
    const sealed = world.agent.sealNow();
    expect(reports.map(({ text }) => text)).toEqual(
      sealed.map(({ body }) => Buffer.from(body).toString()),
    );
    expect(reports[0]?.digest).toBe(sealed[0]?.digest);
  });

  it("covers no time in which it was dead: after SIGKILL up to the last durable tick", async () => {
    world.clock.pass(30);
    world.agent.tick();
    world.clock.pass(20);
    // What the disk holds at this moment is all that a killed process leaves.
    const left = temporaryFolder();
    cpSync(world.folder, left.path, { recursive: true });
    world.clock.pass(300);
    await world.restart({ folder: left.path });
    world.clock.pass(100);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(world.collector.reports()[0]?.coverage).toEqual([
      ["2026-01-05T10:00:00Z", "2026-01-05T10:00:30Z"],
      ["2026-01-05T10:05:50Z", "2026-01-05T10:07:30Z"],
    ]);
    left.remove();
  });

  it("says when each declared source was heard, and stays silent about the silent", async () => {
    world.clock.pass(10);
    await send(world.agent, { meter: "seats", quantity: 1, source: "product" });
    world.clock.pass(50);
    await send(world.agent, { meter: "seats", quantity: 1, source: "product" });
    await send(world.agent, { meter: "seats", quantity: 1, source: "stranger" });
    world.clock.pass(10);
    world.agent.sealNow();
    world.clock.pass(60);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(world.collector.reports().map(({ sources }) => sources)).toEqual([
      [{ name: "product", heard: [["2026-01-05T10:00:10Z", "2026-01-05T10:01:01Z"]] }],
      [{ name: "product", heard: [] }],
    ]);
  });

  it("sends a keyed hash in place of a pseudonymous value, the same after a restart", async () => {
    const event = { meter: "sessions", quantity: 1, dimensions: { subject: "ada@example.com" } };
    await send(world.agent, event);
    await world.restart();
    await send(world.agent, event);
    world.clock.pass(60);
    world.agent.sealNow();
    await world.agent.deliverNow();
    const [record] = world.collector.records.values();
    expect(record?.report.usage).toMatchObject([{ meter: "sessions", quantity: "2" }]);
    expect(record?.report.usage[0]?.dimensions["subject"]).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(Buffer.from(record?.body ?? []).toString()).not.toContain("ada");
  });

  it("seals and delivers by itself when an interval ends, and not before", async () => {
    await send(world.agent, { meter: "tokens", quantity: 1 });
    const dueAt = Date.parse(world.agent.status().sealing.next_at ?? "") / 1000;
    world.clock.pass(dueAt - world.clock.now() - 1);
    world.agent.beat();
    expect(world.agent.status().sealing.last_sequence).toBe(0);
    world.clock.pass(1);
    world.agent.beat();
    expect(world.agent.status().sealing.last_sequence).toBe(1);
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest" });
    expect(world.collector.records.size).toBe(1);
  });

  it("seals at once what fell due while it was down, and is not put off by a clock set back", async () => {
    world.clock.pass(3600);
    world.agent.sealNow();
    await world.agent.close();
    world.clock.pass(2 * 3600);
    await world.restart();
    await send(world.agent, { meter: "tokens", quantity: 1 });
    world.agent.beat();
    expect(world.agent.status().sealing.last_sequence).toBe(2);
    world.clock.step(-365 * 86_400);
    const next = Date.parse(world.agent.status().sealing.next_at ?? "") / 1000;
    expect(next - world.clock.now()).toBeLessThanOrEqual(3600);
  });

  it("refuses a meter file that gives a counted name another meaning", async () => {
    const changed = structuredClone(meterFile);
    changed.meters[1] = { name: "tokens", unit: "kilotoken", aggregation: "sum" };
    await expect(world.start({ folder: world.folder, meters: changed })).rejects.toMatchObject({
      code: "journal_in_use",
    });
    await world.agent.close();
    await expect(world.start({ folder: world.folder, meters: changed })).rejects.toMatchObject({
      code: "meter_changed",
    });
  });

  it("still reports what was counted of a meter that is declared no more", async () => {
    await send(world.agent, { meter: "tokens", quantity: "2.5" });
    const meters = meterFile.meters.filter(({ name }) => name !== "tokens");
    await world.restart({ meters: { ...meterFile, meters } });
    world.clock.pass(60);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(world.collector.reports()[0]?.usage).toMatchObject([
      { meter: "tokens", quantity: "2.5" },
    ]);
  });

  it("refuses a key of another installation: what waits could never be signed", async () => {
    await world.agent.close();
    await expect(world.start({ key: fakeKey("zeta") })).rejects.toMatchObject({
      code: "state_of_other_installation",
    });
  });
});
