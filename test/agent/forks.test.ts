/** Journals that part: restored backups, clones, rotated keys, and a collector that forgot. */

import { cpSync } from "node:fs";
import type { Report } from "@submeter/shared/wire/report";
import { parseKey } from "@submeter/shared/wire/key";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send, temporaryFolder } from "./agent.fixture.ts";
import { fakeKey } from "./fake-collector.fixture.ts";

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

async function hourWith(quantity: number, agent = world.agent): Promise<void> {
  await send(agent, { meter: "tokens", quantity });
  world.clock.pass(3600);
  agent.sealNow();
}

const windows = (report: Report) => report.usage.map(({ window }) => window.slice(11, 13));

describe("an agent restored from a backup", () => {
  it("learns of its double by a conflict, and re-seals in a new journal what was never delivered", async () => {
    await hourWith(1);
    await world.agent.deliverNow();
    await world.agent.close();
    cpSync(world.folder, backup.path, { recursive: true });
    await world.restart();
    await hourWith(10);
    await world.agent.deliverNow();
    const [one] = world.collector.reports();

    await world.restart({ folder: backup.path });
    await hourWith(100);
    await hourWith(1000);
    await send(world.agent, { meter: "tokens", quantity: 10_000 });
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest" });

    const resealed = world.collector.reports().filter(({ journal }) => journal !== one?.journal);
    expect(resealed).toMatchObject([
      {
        sequence: 1,
        previous: null,
        replaces: { journal: one?.journal, sequence: 1, reason: "fork" },
        coverage: [["2026-01-05T12:00:00Z", "2026-01-05T14:00:00Z"]],
        usage: [
          { window: "2026-01-05T12:00:00Z", quantity: "100" },
          { window: "2026-01-05T13:00:00Z", quantity: "1000" },
        ],
      },
    ]);
    expect(world.agent.status()).toMatchObject({
      journal: resealed[0]?.journal,
      backlog: { reports: 0 },
      counting: { open_lines: 1 },
    });
    expect(world.collector.evidence).toHaveLength(2);
    world.clock.pass(60);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(world.collector.totals()).toEqual({ tokens: 11_111n });
    expect(world.collector.reports().at(-1)).toMatchObject({
      sequence: 2,
      replaces: { journal: one?.journal, sequence: 1 },
      coverage: [["2026-01-05T14:00:00Z", "2026-01-05T14:01:00Z"]],
    });
  });

  it("puts windows that the old journal had reported into reports of their own, without coverage", async () => {
    await send(world.agent, { meter: "tokens", quantity: 1 });
    world.clock.pass(1800);
    world.agent.sealNow();
    await world.agent.deliverNow();
    await world.agent.close();
    cpSync(world.folder, backup.path, { recursive: true });
    await world.restart();
    world.clock.pass(60);
    world.agent.sealNow();
    await world.agent.deliverNow();

    await world.restart({ folder: backup.path });
    await send(world.agent, { meter: "tokens", quantity: 2 });
    world.clock.pass(3600);
    await send(world.agent, { meter: "tokens", quantity: 4 });
    world.agent.sealNow();
    await world.agent.deliverNow();

    const name = world.agent.status().journal;
    const resealed = world.collector.reports().filter(({ journal }) => journal === name);
    expect(resealed.map((report) => [windows(report), report.coverage.length])).toEqual([
      [["10"], 0],
      [["11"], 1],
    ]);
  });

  it.each(["accepted", "rejected"] as const)(
    "seals the coverage of what was %s above the conflict again, and no count twice",
    async (outcome) => {
      await hourWith(1);
      await world.agent.deliverNow();
      await world.agent.close();
      cpSync(world.folder, backup.path, { recursive: true });
      await world.restart();
      await hourWith(10);
      await world.agent.deliverNow();
      const old = world.agent.status().journal;

      await world.restart({ folder: backup.path });
      for (const quantity of [100, 1000, 10_000]) await hourWith(quantity);
      // This collector records 4, which does not count on from anything that it holds.
      world.collector.decide = ({ journal, sequence }) =>
        journal === old && sequence === 4 ? { outcome, code: "some_reason" } : null;
      expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest" });

      const name = world.agent.status().journal;
      const resealed = world.collector.reports().filter(({ journal }) => journal === name);
      expect(resealed.flatMap(({ coverage }) => coverage)).toEqual([
        ["2026-01-05T12:00:00Z", "2026-01-05T15:00:00Z"],
      ]);
      expect(world.collector.totals()).toEqual({ tokens: 11_111n });
      expect(world.agent.status().backlog).toMatchObject({ reports: 0, parked: 0 });
    },
  );

  it("in conflict over its very first report replaces a journal without naming a report", async () => {
    cpSync(world.folder, backup.path, { recursive: true });
    await world.agent.close();
    cpSync(world.folder, backup.path, { recursive: true });
    await world.restart();
    await hourWith(1);
    await world.agent.deliverNow();
    await world.restart({ folder: backup.path });
    await hourWith(2);
    await world.agent.deliverNow();
    expect(world.collector.reports().at(-1)?.replaces).toMatchObject({
      sequence: null,
      digest: null,
      reason: "fork",
    });
    expect(world.collector.totals()).toEqual({ tokens: 3n });
  });
});

describe("two agents with one journal", () => {
  it("part at the first report that differs, and both are counted from then on", async () => {
    await hourWith(1);
    await world.agent.deliverNow();
    await world.agent.close();
    cpSync(world.folder, backup.path, { recursive: true });
    await world.restart();
    const clone = await world.start({ folder: backup.path });
    await send(world.agent, { meter: "tokens", quantity: 10 });
    await send(clone, { meter: "tokens", quantity: 100 });
    world.clock.pass(3600);
    for (const agent of [world.agent, clone]) {
      agent.sealNow();
      await agent.deliverNow();
    }
    for (const agent of [world.agent, clone]) {
      expect(agent.status().backlog.reports).toBe(0);
    }
    expect(clone.status().journal).not.toBe(world.agent.status().journal);
    expect(world.collector.totals()).toEqual({ tokens: 111n });
  });
});

describe("a collector restored from a backup", () => {
  it("gets back what it lost, and both receipts are kept", async () => {
    for (const quantity of [1, 2, 4]) await hourWith(quantity);
    await world.agent.deliverNow();
    for (const name of [...world.collector.records.keys()].slice(1)) {
      world.collector.records.delete(name);
    }
    expect(world.collector.totals()).toEqual({ tokens: 1n });

    world.collector.revision = "r2";
    await hourWith(8);
    await world.agent.deliverNow();
    expect(world.collector.totals()).toEqual({ tokens: 15n });
    expect(world.agent.status().backlog.reports).toBe(0);
  });

  it("that has lost everything gets everything, also of journals that were replaced", async () => {
    await hourWith(1);
    await world.agent.deliverNow();
    await world.agent.retire();
    await world.restart();
    await hourWith(2);
    await world.agent.deliverNow();
    const reports = world.collector.records.size;
    world.collector.records.clear();

    await world.restart();
    await world.agent.deliverNow();
    expect(world.collector.records.size).toBe(reports);
    expect(world.collector.totals()).toEqual({ tokens: 3n });
  });

  it("that says so for ever is not sent the same bytes for ever", async () => {
    for (const quantity of [1, 2]) await hourWith(quantity);
    await world.agent.deliverNow();
    const { records } = world.collector;
    const state = world.collector.state.bind(world.collector);
    world.collector.state = (installation) => ({ ...state(installation), journals: [] });
    world.collector.revision = "r2";
    const before = world.collector.asked.length;
    await hourWith(4);
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest" });
    expect(world.collector.asked.length - before).toBeLessThan(6);
    expect(records.size).toBe(3);
  });
});

describe("a rotated key", () => {
  it("signs what waits anew: the bytes stay, the envelope changes", async () => {
    await hourWith(1);
    const before = world.agent.status();
    expect(before.backlog.reports).toBe(1);
    const next = fakeKey("acme-prod", "2");
    world.collector.keys = [parseKey(next)];
    expect((await world.agent.deliverNow()).problem).toMatchObject({ code: "key_unknown" });

    await world.restart({ key: next });
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest", delivered: 1 });
    const [recorded] = world.collector.records.values();
    expect(recorded?.headers["signature-input"]).toContain('keyid="acme-prod.2"');
    expect(recorded?.headers["signature-input"]).toContain('alg="ed25519"');
  });
});

describe("what the collector says of a report", () => {
  it.each([
    { outcome: "quarantined", state: { backlog: { reports: 0, parked: 0 } } },
    { outcome: "rejected", state: { backlog: { reports: 0, parked: 1 } } },
  ] as const)("$outcome: it is kept, and the next goes out", async ({ outcome, state }) => {
    world.collector.decide = () => ({ outcome, code: "some_reason" });
    await hourWith(1);
    await world.agent.deliverNow();
    expect(world.agent.status()).toMatchObject({
      ...state,
      last_receipt: { outcome, code: "some_reason" },
    });
    world.collector.decide = () => null;
    await hourWith(2);
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest", delivered: 1 });
  });

  it("rejected: it is offered again when a person says so, and may fare better", async () => {
    world.collector.decide = () => ({ outcome: "rejected", code: "too_strict" });
    await hourWith(1);
    await world.agent.deliverNow();
    world.collector.decide = () => null;
    world.collector.records.clear();
    const retried = await fetch(`${world.agent.url}/v1/retry`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(await retried.json()).toMatchObject({
      delivery: { delivered: 1 },
      status: { backlog: { parked: 0 } },
    });
    expect(world.collector.totals()).toEqual({ tokens: 1n });
  });
});

describe("a proof", () => {
  it("is carried by the first report, the first of each UTC day, and the final one", async () => {
    for (let hours = 0; hours < 26; hours += 1) await hourWith(1);
    world.clock.pass(60);
    await world.agent.retire();
    const proven = [...world.collector.records.values()]
      .filter(({ headers }) => headers["signature-input"]?.includes('alg="ed25519"'))
      .map(({ report }) => report);
    expect(
      proven.map(({ sequence, sealed_at, final }) => ({ sequence, sealed_at, final })),
    ).toEqual([
      { sequence: 1, sealed_at: "2026-01-05T11:00:00Z", final: false },
      { sequence: 14, sealed_at: "2026-01-06T00:00:00Z", final: false },
      { sequence: 27, sealed_at: "2026-01-06T12:01:00Z", final: true },
    ]);
  });
});

describe("a retired agent", () => {
  it("counts no more under this journal; the next start makes a new one that replaces none", async () => {
    await hourWith(1);
    const [final] = await world.agent.retire();
    expect(final?.sequence).toBe(2);
    expect(await send(world.agent, { meter: "tokens", quantity: 1 })).toMatchObject({
      status: 503,
    });
    const flushed = await fetch(`${world.agent.url}/v1/flush`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(await flushed.json()).toMatchObject({ sealed: [], delivery: { kind: "rest" } });
    const old = world.agent.status().journal;
    await world.restart();
    await hourWith(2);
    await world.agent.deliverNow();
    expect(world.agent.status().journal).not.toBe(old);
    expect(world.collector.reports().at(-1)).toMatchObject({ sequence: 1, replaces: null });
  });
});
