/** `submeter-agent run`: counts until it is told to stop, or until its journal can no longer be trusted. */

import { pino } from "pino";
import { startAgent } from "../agent.ts";
import { readConfig } from "../config.ts";
import type { Environment, Flags } from "../settings.ts";
import { systemClock } from "../system-clock.ts";

const loopbackNames = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Logs JSON to standard error. Resolves with the exit code: 0 after a signal, 70 when the journal broke (start it again: it goes
 * on from the file). Throws what is wrong with the configuration.
 */
export async function run(
  environment: Environment,
  flags: Flags,
  stop: Promise<string>,
): Promise<0 | 70> {
  const config = readConfig(environment, flags);
  const log = pino({ name: "submeter-agent" }, pino.destination({ dest: 2, sync: true }));
  const { ingest } = config.endpoint;
  if (ingest.protocol === "http:" && !loopbackNames.has(ingest.hostname)) {
    log.warn(
      { endpoint: ingest.href },
      "the endpoint is plain HTTP: others on the way can read it",
    );
  }
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
