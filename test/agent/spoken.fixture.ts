/** What a command prints, in this process: the agent's plain functions with an output that the test reads. */

import { type CommandIo, type ExitCode } from "@submeter/agent/commands/io";
import { type LocalAgent, localAgent } from "@submeter/agent/commands/local-agent";

/** The agent as its commands reach it. */
export function local(agent: { url: string }): LocalAgent {
  const { hostname, port } = new URL(agent.url);
  return localAgent({ host: hostname, port: Number(port) }, null);
}

export async function spoken(
  run: (io: CommandIo) => ExitCode | Promise<ExitCode>,
): Promise<{ code: ExitCode; text: string }> {
  let text = "";
  const code = await run({
    out: (printed) => {
      text += printed;
    },
    error: () => {},
    isWatched: false,
    isColoured: false,
  });
  return { code, text };
}
