/** StatsD over UDP at 60,000 datagrams a second for 10 s, while HTTP intake commits all the time: how many are not counted. */

import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentStatus } from "@submeter/agent/status";
import type { Family } from "../agent.ts";
import { say } from "./say.ts";
import { benchFolder, startAgent } from "./agent-process.ts";
import { ended, putLoad, startProgram } from "./load.ts";
import { measured } from "./side-by-side.ts";

const perSecond = 60_000;
const seconds = 10;
const settleMs = 2000;
const httpConnections = 8;

export const statsdBench: Family = async (shipped) => {
  say(`statsd_loss: ${perSecond} datagrams a second for ${seconds} s beside HTTP`);
  const folder = benchFolder();
  const ways = { version: 1, statsd: { listen: ["udp:127.0.0.1:0"] } };
  const agent = await startAgent(shipped, folder.path, { ways });
  try {
    const [address = ""] = (await statsdStatus(agent.port)).listening;
    const port = address.slice(address.lastIndexOf(":") + 1);
    const http = putLoad({
      port: agent.port,
      connections: httpConnections,
      seconds,
      warmUpSeconds: 0.5,
      events: { perRequest: 1, withIds: false, run: "u", sets: 10 },
    });
    const sender = startProgram("datagram-sender.ts", [port, String(perSecond), String(seconds)]);
    const [sent] = (await once(createInterface({ input: sender.stdout! }), "line")) as [string];
    const { requestsPerSecond } = await http;
    await sleep(settleMs);
    const { counted, bad, dropped } = await statsdStatus(agent.port);
    const refused = Object.values(bad).reduce((sum, lines) => sum + lines, 0);
    if (refused > 0) throw new Error(`${refused} lines were refused`);
    say(
      `statsd_loss: ${sent} sent, ${counted} counted, ${dropped ?? "?"} dropped by the kernel; ` +
        `${Math.round(requestsPerSecond)} HTTP requests a second meanwhile`,
    );
    return [measured("agent.statsd_loss", "datagrams", [Number(sent) - counted, null])];
  } finally {
    await ended(agent.process);
    folder.remove();
  }
};

async function statsdStatus(port: number) {
  const response = await fetch(`http://127.0.0.1:${port}/v1/status`);
  const { statsd } = ((await response.json()) as AgentStatus).ways;
  if (statsd === null) throw new Error("the agent does not listen for StatsD");
  return statsd;
}
