/** `submeter-agent version`: which agent this is, which wire it speaks, and what it runs on. */

import { sqliteVersion } from "../journal/database.ts";
import { agentVersion } from "../sealing/agent-facts.ts";
import type { CommandIo, ExitCode } from "./io.ts";

const wireVersion = 1;

export function version(options: { json: boolean }, io: CommandIo): ExitCode {
  const found = {
    agent: agentVersion,
    wire: wireVersion,
    node: process.versions.node,
    sqlite: sqliteVersion(),
    platform: `${process.platform}-${process.arch}`,
  };
  io.out(
    options.json
      ? `${JSON.stringify(found)}\n`
      : `submeter-agent ${found.agent}, wire version ${found.wire}\n` +
          `Node ${found.node}, SQLite ${found.sqlite}, ${found.platform}\n`,
  );
  return 0;
}
