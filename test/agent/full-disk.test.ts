/** A disk that fills, on a small file system of the test's own: 503, coverage stops, delivery goes on, counting comes back. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";

const volumeMegabytes = 16;

function mounted(): string | null {
  const path = mkdtempSync(join(tmpdir(), "submeter-volume-"));
  const options = ["-t", "tmpfs", "-o", `size=${volumeMegabytes}m`, "tmpfs", path];
  if (process.getuid?.() === 0 && spawnSync("mount", options).status === 0) return path;
  rmSync(path, { recursive: true });
  return null;
}

const probe = mounted();
if (probe === null) {
  console.warn(
    "SKIPPED, NOT PROVEN HERE: this user cannot mount a small file system, so no disk was filled",
  );
} else unmount(probe);

function unmount(path: string): void {
  execFileSync("umount", [path]);
  rmSync(path, { recursive: true });
}

describe.skipIf(probe === null)("on a disk that is full, an agent", () => {
  let world: AgentWorld;
  let volume: string;
  beforeEach(async () => {
    volume = mounted() ?? "";
    world = await agentWorld();
    await world.agent.close();
    world.agent = await world.start({ folder: volume, headroomBytes: 32 * 1024 * 1024 });
    await keptHeadroom();
  });
  afterEach(async () => {
    await world.end();
    unmount(volume);
  });

  const headroom = () => join(volume, "headroom");
  const keptHeadroom = (megabytes = volumeMegabytes / 8) =>
    expect
      .poll(() => statSync(headroom(), { throwIfNoEntry: false })?.size, { interval: 5 })
      .toBe(megabytes * 1024 * 1024);

  /** Takes all that is left. */
  function fill(): void {
    for (const bytes of [1024 * 1024, 4096]) {
      for (let number = 0; ; number += 1) {
        const path = join(volume, `filler-${bytes}-${number}`);
        try {
          writeFileSync(path, Buffer.alloc(bytes));
        } catch {
          break;
        }
      }
    }
  }

  function empty(): void {
    execFileSync("sh", ["-c", `rm -f ${volume}/filler-*`]);
  }

  const count = (quantity: number) => send(world.agent, { meter: "tokens", quantity });

  it("refuses with 503, keeps delivering what is sealed, and counts again once there is room", async () => {
    await count(1);
    world.clock.pass(600);
    world.agent.sealNow();
    await count(10);
    fill();
    const refused = await fetch(`${world.agent.url}/v1/usage`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ meter: "tokens", quantity: 1000, id: "x".repeat(200) }),
    });
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("30");
    expect(await refused.json()).toMatchObject({ code: "disk_full" });
    expect(world.agent.status().counting.refusing).toBe("disk_full");
    expect(statSync(headroom(), { throwIfNoEntry: false })).toBeUndefined();

    // The room is there for delivery, not for the next event.
    world.clock.pass(600);
    world.agent.beat();
    expect((await count(1000)).status).toBe(503);
    expect((await fetch(`${world.agent.url}/readyz`)).status).toBe(503);
    world.agent.sealNow();
    // What the beat began may have delivered both already.
    expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest" });
    expect(world.collector.totals()).toEqual({ tokens: 11n });

    world.clock.pass(600);
    empty();
    world.agent.beat();
    await keptHeadroom();
    world.agent.beat();
    expect(world.agent.status().counting.refusing).toBeNull();
    expect((await count(100)).status).toBe(204);
    world.clock.pass(600);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(world.collector.totals()).toEqual({ tokens: 111n });
    // From the first refusal until there was room nothing is covered.
    expect(world.collector.reports().flatMap(({ coverage }) => coverage)).toEqual([
      ["2026-01-05T10:00:00Z", "2026-01-05T10:10:00Z"],
      ["2026-01-05T10:30:00Z", "2026-01-05T10:40:00Z"],
    ]);
  });

  it("starts, delivers what waits, and says that it does not count", async () => {
    await count(1);
    world.clock.pass(600);
    world.agent.sealNow();
    await world.agent.close();
    rmSync(headroom());
    fill();
    world.agent = await world.start({ folder: volume, headroomBytes: 32 * 1024 * 1024 });
    expect(world.agent.status().counting.refusing).toBe("disk_full");
    expect((await count(1000)).status).toBe(503);
    // A crumb of room is enough for a receipt, and not for counting.
    rmSync(join(volume, "filler-1048576-0"));
    expect(await world.agent.deliverNow()).toMatchObject({ delivered: 1 });
    expect((await count(1000)).status).toBe(503);
  });

  it("delivers in smaller bundles what does not fit the room in one", async () => {
    for (let report = 0; report < 6; report += 1) {
      const events = Array.from({ length: 2000 }, (_, person) => ({
        meter: "sessions",
        quantity: 1,
        dimensions: { subject: `person-${report}-${person}` },
      }));
      await send(world.agent, events);
      world.clock.pass(3600);
      world.agent.sealNow();
    }
    await world.agent.close();
    rmSync(headroom());
    // Less than the reports need together, when each of their rows is written again.
    world.agent = await world.start({ folder: volume, headroomBytes: 1024 * 1024 });
    await keptHeadroom(1);
    fill();
    const tries: string[] = [];
    while (world.agent.status().backlog.reports > 0 && tries.length < 15) {
      tries.push(
        await world.agent.deliverNow().then(
          ({ kind }) => kind,
          (error: { code: string }) => error.code,
        ),
      );
    }
    expect(tries).toContain("SQLITE_FULL");
    expect(tries.at(-1)).toBe("rest");
    expect(world.collector.totals()).toEqual({ sessions: 12_000n });
  });

  it("does not start on one that may not be written, and leaves everything as it is", async () => {
    await count(1);
    await world.agent.close();
    execFileSync("mount", ["-o", "remount,ro", volume]);
    await expect(world.start({ folder: volume })).rejects.toMatchObject({
      code: "state_unwritable",
    });
    execFileSync("mount", ["-o", "remount,rw", volume]);
    world.agent = await world.start({ folder: volume });
    world.clock.pass(60);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(world.collector.totals()).toEqual({ tokens: 1n });
  });
});
