/** `submeter-agent run`: counts until it is told to stop, or until its journal can no longer be trusted. */

import type { Logger } from "pino";
import { startAgent } from "../agent.ts";
import type { AgentConfig } from "../config.ts";
import { systemClock } from "../system-clock.ts";

/** Resolves with the exit code: 0 after a signal, 70 when the journal broke (start it again: it goes on from the file). */
export async function run(
  config: AgentConfig,
  log: Logger,
  stop: Promise<string>,
): Promise<0 | 70> {
  const agent = await startAgent({ config, clock: systemClock, log });
  const end = await Promise.race([
    stop.then((signal) => ({ kind: "signal", signal }) as const),
    agent.broken.then((error) => ({ kind: "broken", error }) as const),
  ]);
  if (end.kind === "signal") {
    log.info({ signal: end.signal }, "stopping");
    await agent.close();
    log.info("stopped");
    return 0;
  }
  log.fatal({ err: end.error }, "the journal failed: ending, to start afresh from the file");
  await agent.close().catch(() => {});
  return 70;
}
