/** Where `verify` and `history` read from: the running agent, else the file in its state directory. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Archive } from "../archive/archive.ts";
import { fileArchive } from "../archive/file-archive.ts";
import type { LocalAgent } from "./local-agent.ts";
import { runningArchive } from "./running-archive.ts";

/** `path`: the file that the agent would hold. */
export async function openArchive(agent: LocalAgent, path: string): Promise<Archive> {
  try {
    return await runningArchive(agent);
  } catch (error) {
    if (!(error instanceof SubmeterError) || error.code !== "agent_unreachable") throw error;
    return fileArchive(path);
  }
}
