/** The agent as a child process: the folder that ships, its state on the disk that the project lies on. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildAgentFolder } from "../../bundle/agent-folder.ts";
import { formatKey } from "@submeter/shared/wire/key";
import { endsWithBench, goesWithBench } from "./left-behind.ts";

const root = join(import.meta.dirname, "..", "..", "..");

export const installationKey = formatKey("bench", "1", new Uint8Array(32).fill(7));

export const declaredMeters = {
  version: 1,
  meters: [
    {
      name: "tokens",
      unit: "token",
      aggregation: "sum",
      dimensions: [{ name: "direction", values: ["input", "output"] }, { name: "subject" }],
    },
  ],
};

/** On the project's own disk: /tmp may be memory. */
export function benchFolder(): { path: string; remove: () => void } {
  const base = join(root, "node_modules/.cache");
  mkdirSync(base, { recursive: true });
  return goesWithBench(mkdtempSync(join(base, "bench-")));
}

/** Builds the program as it ships. */
export async function shippedAgent(folder: string): Promise<string> {
  const shipped = join(folder, "shipped");
  await buildAgentFolder(process.arch === "arm64" ? "linux-arm64" : "linux-x64", shipped);
  return shipped;
}

export type AgentProcess = {
  readonly process: ChildProcess;
  readonly port: number;
  /** From its start until it counted. */
  readonly readyMs: number;
};

export function stateDirectory(folder: string): string {
  return join(folder, "state");
}

export type AgentOptions = {
  readonly ways?: unknown;
  /** Else air-gapped, so that nothing is sent; the vendor's address is one where nobody answers. */
  readonly isOnline?: boolean;
};

/** Resolves when it counts. */
export async function startAgent(
  shipped: string,
  folder: string,
  options: AgentOptions = {},
): Promise<AgentProcess> {
  writeFileSync(join(folder, "meters.json"), JSON.stringify(declaredMeters));
  writeFileSync(join(folder, "ways.json"), JSON.stringify(options.ways ?? { version: 1 }));
  const started = performance.now();
  const child = endsWithBench(
    spawn(join(shipped, "submeter-agent"), ["run"], {
      env: {
        PATH: process.env["PATH"],
        SUBMETER_NODE: process.execPath,
        SUBMETER_AIR_GAPPED: String(options.isOnline !== true),
        TELEMETRY_ENDPOINT: "http://127.0.0.1:9",
        TELEMETRY_HMAC_KEY: installationKey,
        SUBMETER_METERS: join(folder, "meters.json"),
        SUBMETER_WAYS: join(folder, "ways.json"),
        SUBMETER_AGENT_STATE: stateDirectory(folder),
        SUBMETER_AGENT_LISTEN: "127.0.0.1:0",
      },
      stdio: ["ignore", "ignore", "pipe"],
    }),
  );
  for await (const line of createInterface({ input: child.stderr })) {
    const port = /"url":"http:\/\/127\.0\.0\.1:(\d+)","msg":"counting"/.exec(line)?.[1];
    if (port === undefined) continue;
    const readyMs = performance.now() - started;
    // Nobody reads on; what it says later must not stop it.
    child.stderr.resume();
    return { process: child, port: Number(port), readyMs };
  }
  throw new Error("the agent ended before it counted");
}

/** What a process has in memory, from /proc: now, and at most so far. */
export function memoryMb(pid: number | undefined): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kilobytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
  return { now: kilobytes("VmRSS") / 1024, peak: kilobytes("VmHWM") / 1024 };
}
