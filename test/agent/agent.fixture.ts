/** An agent in this process with a clock that the test moves, and a folder that goes away with it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import { startAgent } from "@submeter/agent/agent";
import type { RunningAgent } from "@submeter/agent/running-agent";
import type { Network } from "@submeter/agent/network";
import { type Ways, noWays } from "@submeter/agent/ways";
import type { Preview } from "@submeter/agent/intake/control";
import { readMeterFile } from "@submeter/shared/metering/meter-file";
import type { Clock } from "@submeter/shared/time/clock";
import { parseInstant } from "@submeter/shared/time/instant";
import { endpointPaths } from "@submeter/shared/wire/endpoint";
import { parseKey } from "@submeter/shared/wire/key";
import type { Report } from "@submeter/shared/wire/report";
import { FakeCollector, fakeKey } from "./fake-collector.fixture.ts";

class MovedClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;

  constructor(start: string) {
    this.#wallMs = parseInstant(start) * 1000;
  }

  now = (): number => Math.floor(this.#wallMs / 1000);
  nowMs = (): number => this.#wallMs;
  monotonicMs = (): number => this.#monotonicMs;

  /** Time passes. */
  pass(seconds: number): void {
    this.#wallMs += seconds * 1000;
    this.#monotonicMs += seconds * 1000;
  }

  /** Somebody sets the clock. */
  step(seconds: number): void {
    this.#wallMs += seconds * 1000;
  }
}

export const meterFile = {
  version: 1,
  meters: [
    {
      name: "requests",
      unit: "request",
      aggregation: "sum",
      dimensions: [{ name: "model", values: ["small", "large"], default: "small" }],
    },
    { name: "tokens", unit: "token", aggregation: "sum", scale: 3 },
    {
      name: "sessions",
      unit: "session",
      aggregation: "sum",
      dimensions: [{ name: "subject", pseudonymous: true }],
    },
    { name: "seats", unit: "seat", aggregation: "max" },
  ],
  sources: ["product"],
};

export function temporaryFolder(under = tmpdir()): { path: string; remove: () => void } {
  const path = mkdtempSync(join(under, "submeter-agent-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

type Changes = {
  key?: string;
  folder?: string;
  endpoint?: string;
  meters?: unknown;
  ways?: Partial<Ways>;
  port?: number;
  headroomBytes?: number;
  network?: Network;
};

export type AgentWorld = {
  clock: MovedClock;
  collector: FakeCollector;
  folder: string;
  agent: RunningAgent;
  /** Ends the agent as it stands and starts it again from its folder. */
  restart: (o?: Changes) => Promise<RunningAgent>;
  start: (o?: Changes) => Promise<RunningAgent>;
  end: () => Promise<void>;
};

export const installation = "acme-prod";

/** A collector and an agent, started at 2026-01-05T10:00:00Z; nothing happens unless the test says so. */
export async function agentWorld(
  o: {
    start?: string;
    ways?: Partial<Ways>;
    log?: Logger;
    under?: string;
    airGapped?: boolean;
  } = {},
): Promise<AgentWorld> {
  const clock = new MovedClock(o.start ?? "2026-01-05T10:00:00Z");
  const key = fakeKey(installation);
  const collector = await FakeCollector.start({ keys: [key], now: clock.now });
  const folder = temporaryFolder(o.under);
  const running = new Set<RunningAgent>();
  const start: AgentWorld["start"] = async (changes = {}) => {
    const agent = await startAgent({
      config: {
        endpoint: endpointPaths(changes.endpoint ?? collector.url),
        key: parseKey(changes.key ?? key),
        intervalSeconds: 3600,
        stateDirectory: changes.folder ?? folder.path,
        listen: { host: "127.0.0.1", port: changes.port ?? 0 },
        meters: readMeterFile(Buffer.from(JSON.stringify(changes.meters ?? meterFile))),
        ...(changes.network ?? { certificateAuthority: null }),
        airGapped: o.airGapped ?? false,
        ways: { ...noWays, ...(changes.ways ?? o.ways) },
      },
      clock,
      ...(o.log && { log: o.log }),
      manual: true,
      headroomBytes: changes.headroomBytes ?? 0,
      diskFreeBytes: () => 1_000_000_000,
    });
    running.add(agent);
    return agent;
  };
  const world: AgentWorld = {
    clock,
    collector,
    folder: folder.path,
    agent: await start(),
    start,
    async restart(changes) {
      await world.agent.close();
      running.delete(world.agent);
      world.agent = await start(changes);
      return world.agent;
    },
    async end() {
      for (const agent of running) await agent.close();
      await collector.close();
      folder.remove();
    },
  };
  return world;
}

/** What is counted and not sealed yet, as `meter dimensions: quantity`, in order. */
export async function counted(agent: { url: string }): Promise<string[]> {
  const response = await fetch(`${agent.url}/v1/preview`);
  const { reports } = (await response.json()) as Preview;
  return reports.flatMap(({ text }) =>
    (JSON.parse(text) as Report).usage.map(({ meter, window, dimensions, quantity }) =>
      [meter, ...Object.values(dimensions), `${quantity} at ${window.slice(11, 13)} h`].join(" "),
    ),
  );
}

export async function send(
  agent: { url: string },
  events: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${agent.url}/v1/usage`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof events === "string" ? events : JSON.stringify(events),
  });
  const text = await response.text();
  return { status: response.status, json: text === "" ? null : JSON.parse(text) };
}
