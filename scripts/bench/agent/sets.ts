/** What 2,000 live dimension sets cost, held against one: two agents in turns, one event a request. */

import type { Family } from "../agent.ts";
import { say } from "./say.ts";
import { benchFolder, startAgent } from "./agent-process.ts";
import { ended } from "./load.ts";
import { inTurns, measured } from "./side-by-side.ts";

const manySets = 2000;

export const setsBench: Family = async (shipped, turns) => {
  say("sets2000: an agent with one dimension set and one with 2,000 in turns");
  const [oneFolder, manyFolder] = [benchFolder(), benchFolder()];
  const one = await startAgent(shipped, oneFolder.path);
  const many = await startAgent(shipped, manyFolder.path);
  const load = (sets: number) => ({
    connections: 256,
    events: { perRequest: 1, withIds: false, run: "s", sets },
  });
  try {
    const best = await inTurns(
      { one: { port: one.port, load: load(1) }, many: { port: many.port, load: load(manySets) } },
      turns,
    );
    const rates = [best.many.eventsPerSecond, best.one.eventsPerSecond] as const;
    return [measured("agent.sets2000", "events/s", rates)];
  } finally {
    await ended(one.process);
    await ended(many.process);
    oneFolder.remove();
    manyFolder.remove();
  }
};
