/** Agents as real processes, on a port of their own, with a folder that goes away with the test. */

import { once } from "node:events";
import { createServer } from "node:net";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { headroomBytesMost } from "@submeter/agent/journal/headroom";
import { onTestFinished } from "vitest";
import { type Program, startProgram } from "../programs.fixture.ts";
import { installation, meterFile, temporaryFolder } from "./agent.fixture.ts";
import { FakeCollector, fakeKey } from "./fake-collector.fixture.ts";

export type ProcessWorld = {
  readonly collector: FakeCollector;
  readonly folder: string;
  readonly environment: Record<string, string>;
  readonly url: string;
  /** Resolves when it counts. */
  readonly startAgent: (environment?: Record<string, string>) => Promise<Program>;
};

/** A port that was free a moment ago: an agent that is killed must come back where it was. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

/** It looks like the room that is kept for delivery, and takes up none: many agents are started on one disk. */
export function keepHeadroomInName(state: string): void {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  writeFileSync(join(state, "headroom"), "", { mode: 0o600 });
  truncateSync(join(state, "headroom"), headroomBytesMost);
}

export async function processWorld(o: { intervalSeconds?: number } = {}): Promise<ProcessWorld> {
  const folder = temporaryFolder();
  const key = fakeKey(installation);
  const collector = await FakeCollector.start({
    keys: [key],
    now: () => Math.floor(Date.now() / 1000),
  });
  onTestFinished(async () => {
    await collector.close();
    folder.remove();
  });
  const meters = join(folder.path, "meters.json");
  writeFileSync(meters, JSON.stringify(meterFile));
  const state = join(folder.path, "state");
  keepHeadroomInName(state);
  const port = await freePort();
  const environment = {
    TELEMETRY_ENDPOINT: collector.url,
    TELEMETRY_HMAC_KEY: key,
    TELEMETRY_INTERVAL_SECONDS: String(o.intervalSeconds ?? 3600),
    SUBMETER_AGENT_STATE: state,
    SUBMETER_AGENT_LISTEN: `127.0.0.1:${port}`,
    SUBMETER_METERS: meters,
  };
  return {
    collector,
    folder: folder.path,
    environment,
    url: `http://127.0.0.1:${port}`,
    async startAgent(other = environment) {
      const program = startProgram("agent", ["run"], other);
      await program.line(/"msg":"counting"/);
      return program;
    },
  };
}
