/** What the agent takes while nothing happens, its vendor out of reach: memory, and time of one core. */

import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Family } from "../agent.ts";
import { say } from "./say.ts";
import { benchFolder, memoryMb, startAgent } from "./agent-process.ts";
import { ended } from "./load.ts";
import { measured } from "./side-by-side.ts";

const settleSeconds = 5;
const idleSeconds = 35;

export const idleBenches: Family = async (shipped) => {
  say(`idle: ${settleSeconds + idleSeconds} s without any work`);
  const folder = benchFolder();
  const agent = await startAgent(shipped, folder.path, { isOnline: true });
  try {
    await sleep(settleSeconds * 1000);
    const before = processorMs(agent.process.pid);
    await sleep(idleSeconds * 1000);
    const share = (processorMs(agent.process.pid) - before) / (idleSeconds * 10);
    const { now } = memoryMb(agent.process.pid);
    return [
      measured("agent.rss_idle", "MB", [now, null]),
      measured("agent.idle_cpu", "% of a core", [share, null]),
    ];
  } finally {
    await ended(agent.process);
    folder.remove();
  }
};

/** All its threads, to the nanosecond. */
function processorMs(pid: number | undefined): number {
  const tasks = `/proc/${pid}/task`;
  return (
    readdirSync(tasks).reduce((sum, task) => sum + nanoseconds(`${tasks}/${task}/schedstat`), 0) /
    1e6
  );
}

function nanoseconds(path: string): number {
  try {
    return Number(readFileSync(path, "utf8").split(" ")[0]);
  } catch {
    // A thread that has ended meanwhile.
    return 0;
  }
}
