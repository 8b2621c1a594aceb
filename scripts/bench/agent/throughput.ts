/** Events a second, latency and memory, held against a bare server that makes the same bytes durable and counts nothing. */

import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Family } from "../agent.ts";
import { say } from "./say.ts";
import { benchFolder, memoryMb, startAgent } from "./agent-process.ts";
import { ended, startProgram } from "./load.ts";
import { type Best, type Turns, inTurns, measured } from "./side-by-side.ts";

/** Over so many dimension sets the events are spread. */
const sets = 10;

const shapes = {
  single: { connections: 256, perRequest: 1, withIds: false },
  batch100: { connections: 32, perRequest: 100, withIds: false },
  batch100_ids: { connections: 32, perRequest: 100, withIds: true },
} as const;

type Compared = {
  readonly best: Record<"agent" | "bare", Best>;
  readonly peakMb: { readonly agent: number; readonly bare: number };
};

export const throughputBenches: Family = async (shipped, turns) => {
  const single = await compared(shipped, "single", turns);
  const batch = await compared(shipped, "batch100", turns);
  const identified = await compared(shipped, "batch100_ids", {
    ...turns,
    seconds: 1,
    warmUpSeconds: 1,
  });
  const all = [single, batch, identified];
  const rates = ({ best }: Compared) =>
    [best.agent.eventsPerSecond, best.bare.eventsPerSecond] as const;
  const peak = (of: "agent" | "bare") => Math.max(...all.map(({ peakMb }) => peakMb[of]));
  const p99 = [single.best.agent.p99Ms, single.best.bare.p99Ms] as const;
  return [
    measured("agent.single", "events/s", rates(single)),
    measured("agent.single_p99", "ms", p99),
    measured("agent.batch100", "events/s", rates(batch)),
    measured("agent.batch100_ids", "events/s", rates(identified)),
    measured("agent.rss_loaded", "MB", [peak("agent"), peak("bare")]),
  ];
};

async function compared(
  shipped: string,
  shape: keyof typeof shapes,
  turns: Turns,
): Promise<Compared> {
  const { connections, ...events } = shapes[shape];
  say(`${shape}: the agent and the bare server in turns`);
  const folder = benchFolder();
  const agent = await startAgent(shipped, folder.path);
  const bare = startProgram("bare-server.ts", [join(folder.path, "bare.log")]);
  try {
    const [port] = (await once(createInterface({ input: bare.stdout! }), "line")) as [string];
    const load = { connections, events: { ...events, sets, run: "t" } };
    const sides = { agent: { port: agent.port, load }, bare: { port: Number(port), load } };
    const best = await inTurns(sides, turns);
    const peakMb = { agent: memoryMb(agent.process.pid).peak, bare: memoryMb(bare.pid).peak };
    return { best, peakMb };
  } finally {
    await ended(agent.process);
    await ended(bare);
    folder.remove();
  }
}
