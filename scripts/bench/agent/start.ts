/** From the start of the program until it counts, with a month of reports in the outbox and 2,000 open lines. */

import type { Family } from "../agent.ts";
import { say } from "./say.ts";
import { benchFolder, startAgent } from "./agent-process.ts";
import { fillBacklog } from "./backlog.ts";
import { ended } from "./load.ts";
import { measured } from "./side-by-side.ts";

const starts = 7;

export const startBench: Family = async (shipped) => {
  const folder = benchFolder();
  try {
    say("start: making a month of backlog");
    await fillBacklog(folder.path);
    say(`start: ${starts} times`);
    const readyMs: number[] = [];
    for (let at = 0; at < starts; at += 1) {
      const agent = await startAgent(shipped, folder.path);
      readyMs.push(agent.readyMs);
      await ended(agent.process);
    }
    // As with every figure here: what else runs only ever slows.
    return [measured("agent.start", "ms", [Math.min(...readyMs), null])];
  } finally {
    folder.remove();
  }
};
