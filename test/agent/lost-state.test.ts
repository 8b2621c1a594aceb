/** State that went back or away without a trace on this side: the collector notices, and nothing counts twice. */

import { cpSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send, temporaryFolder } from "./agent.fixture.ts";

let world: AgentWorld;
beforeEach(async () => {
  world = await agentWorld();
});
afterEach(() => world.end());

async function hour(quantity: number, id: string): Promise<void> {
  await send(world.agent, { meter: "tokens", quantity, id });
  world.clock.pass(3600);
  world.agent.sealNow();
  await world.agent.deliverNow();
}

describe("a log that was cut short", () => {
  it("gives what it still holds, and what the collector has already is not counted again", async () => {
    await hour(1, "a");
    const wal = join(world.folder, "journal.sqlite-wal");
    const lengths = [statSync(wal).size];
    await hour(10, "b");
    lengths.push(statSync(wal).size);
    await send(world.agent, { meter: "tokens", quantity: 100, id: "c" });
    lengths.push(statSync(wal).size);
    const [afterOne = 0, afterTwo = 0, whole = 0] = lengths;
    const left = temporaryFolder();
    cpSync(world.folder, left.path, { recursive: true });
    await world.agent.close();
    const atCollector = [...world.collector.records];

    for (const { bytes, conflicts } of [
      { bytes: whole, conflicts: 0 },
      { bytes: whole - 10, conflicts: 0 },
      { bytes: afterTwo - 10, conflicts: 0 },
      // The second report is gone here, and the collector holds it: another under its name is a conflict.
      { bytes: afterOne + 5000, conflicts: 1 },
      { bytes: afterOne, conflicts: 1 },
    ]) {
      rmSync(world.folder, { recursive: true });
      cpSync(left.path, world.folder, { recursive: true });
      truncateSync(wal, bytes);
      world.collector.records.clear();
      world.collector.evidence.length = 0;
      for (const [name, record] of atCollector) world.collector.records.set(name, record);
      world.agent = await world.start();
      for (const [quantity, id] of [
        [1, "a"],
        [100, "c"],
        [1000, "d"],
      ] as const) {
        await send(world.agent, { meter: "tokens", quantity, id });
      }
      world.clock.pass(3600);
      world.agent.sealNow();
      await world.agent.deliverNow();
      await world.agent.deliverNow();
      const { journal, backlog } = world.agent.status();
      await world.agent.close();
      expect({
        bytes,
        conflicts: world.collector.evidence.length,
        totals: world.collector.totals(),
        waiting: backlog.reports,
      }).toEqual({ bytes, conflicts, totals: { tokens: 1111n }, waiting: 0 });
      const forked = world.collector.reports().filter((report) => report.journal === journal);
      expect(forked.every(({ replaces }) => (replaces?.reason === "fork") === conflicts > 0)).toBe(
        true,
      );
    }
    left.remove();
  });
});

describe("a volume that is lost at each restart", () => {
  it("gives a journal of its own each time, and each counts what it was told", async () => {
    const folders = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    await hour(1, "a");
    for (const [index, { path }] of folders.entries()) {
      await world.restart({ folder: path });
      await hour(10 ** (index + 1), "b");
    }
    expect(world.collector.totals()).toEqual({ tokens: 1111n });
    expect(world.collector.evidence).toEqual([]);
    const reports = world.collector.reports();
    expect(new Set(reports.map(({ journal }) => journal)).size).toBe(4);
    expect(reports.map(({ sequence, replaces }) => ({ sequence, replaces }))).toEqual(
      reports.map(() => ({ sequence: 1, replaces: null })),
    );
    await world.agent.close();
    for (const { remove } of folders) remove();
  });
});
