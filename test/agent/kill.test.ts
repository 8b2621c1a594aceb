/** SIGKILL at any time loses nothing that was acknowledged, and counts nothing twice. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Program, runProgram, startProgram } from "../programs.fixture.ts";
import { processWorld } from "./processes.fixture.ts";

/** In this order; between a graceful end and a violent one the totals must not tell. */
const ends = [
  "SIGKILL",
  "SIGKILL",
  "SIGTERM",
  "SIGKILL",
  "SIGKILL",
  "SIGINT",
  "SIGKILL",
  "SIGKILL",
] as const;

/** Mulberry32: enough to choose moments, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

it(
  "totals are exact through kill -9 of the agent while it counts, seals and delivers",
  { timeout: 120_000 },
  async () => {
    const seed = 20_260_105;
    const random = randomOf(seed);
    console.log(`seed ${seed}`);
    const world = await processWorld({ intervalSeconds: 10 });
    const lines = 30_000;
    const file = join(world.folder, "events.ndjson");
    let expected = 0n;
    const texts: string[] = [];
    for (let line = 0; line < lines; line += 1) {
      const quantity = 1 + Math.floor(random() * 1000);
      expected += BigInt(quantity);
      texts.push(JSON.stringify({ meter: "tokens", quantity }));
    }
    writeFileSync(file, texts.join("\n"));

    let agent: Program = await world.startAgent();
    const counting = startProgram(
      "agent",
      ["count", file, "--json", "--batch", "50"],
      world.environment,
    );
    let counted = false;
    void counting.ended.then(() => (counted = true));
    let killed = 0;
    const codes: (number | null)[] = [];
    while (killed < ends.length || !counted) {
      // A flush now and then, so that seals and deliveries are killed too.
      const flushing = fetch(`${world.url}/v1/flush`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
      }).catch(() => null);
      await Promise.race([flushing, new Promise((resolve) => setTimeout(resolve, random() * 150))]);
      const signal = ends[killed];
      if (signal !== undefined) {
        codes.push((await agent.end(signal)).code);
        killed += 1;
        agent = await world.startAgent();
      } else {
        await flushing;
        if (!counted) await counting.ended;
      }
    }
    expect(codes).toEqual(ends.map((signal) => (signal === "SIGKILL" ? null : 0)));
    const result = await counting.ended;
    expect(result.code).toBe(0);
    const { accepted, duplicates, rejected } = JSON.parse(result.stdout) as Record<string, number>;
    expect((accepted ?? 0) + (duplicates ?? 0)).toBe(lines);
    expect(rejected).toBe(0);

    const flushed = await runProgram("agent", ["flush", "--json"], world.environment);
    expect(flushed.code).toBe(0);
    expect(world.collector.totals()).toEqual({ tokens: expected });
    expect(world.collector.evidence).toEqual([]);

    // The same file again counts nothing.
    const again = await runProgram("agent", ["count", file, "--json"], world.environment);
    expect(JSON.parse(again.stdout)).toMatchObject({ accepted: 0, duplicates: lines, rejected: 0 });
    expect((await agent.end("SIGTERM")).code).toBe(0);
  },
);
