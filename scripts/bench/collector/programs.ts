/** What is measured runs in processes of its own: the collector, and the bare server that it is held against. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { benchMasterKey } from "./enrolled.ts";

export type Program = {
  readonly port: number;
  /** Resident memory now, and the most it ever was, in bytes. */
  memory(): Promise<{ now: number; peak: number }>;
  /** The most it is from now on until the next call, in bytes: answers what it was since the last one. */
  peakSince(): Promise<number>;
  stop(): Promise<void>;
};

const root = resolve(import.meta.dirname, "../../..");

export async function startCollector(
  databaseUrl: string,
  nodeFlags: readonly string[] = [],
): Promise<Program> {
  const program = join(root, "packages/collector/src/cli.ts");
  return start([...nodeFlags, program, "run", "--port", "0"], {
    // As the collector's README starts it.
    NODE_OPTIONS: "--max-semi-space-size=32",
    DATABASE_URL: databaseUrl,
    SUBMETER_MASTER_KEY: Buffer.from(benchMasterKey.bytes).toString("hex"),
    SUBMETER_PAYMENTS: "none",
    LOG_LEVEL: "warn",
  });
}

export async function startBareServer(installations: number): Promise<Program> {
  return start([join(import.meta.dirname, "bare-server.ts"), String(installations)], {});
}

async function start(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<Program> {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env["PATH"] ?? "", NODE_ENV: "production", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await portOf(child);
  const memory = async () => {
    const text = await readFile(`/proc/${child.pid}/status`, "utf8");
    const kilobytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]);
    return { now: kilobytes("VmRSS") * 1024, peak: kilobytes("VmHWM") * 1024 };
  };
  return {
    port,
    memory,
    peakSince: async () => {
      const { peak } = await memory();
      // Linux: the peak begins anew with what is resident now.
      await writeFile(`/proc/${child.pid}/clear_refs`, "5");
      return peak;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** From the first line that names an address. */
async function portOf(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error("no standard output");
  const { promise, resolve: found, reject } = Promise.withResolvers<number>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const port = /:(\d{2,5})\b/.exec(line)?.[1];
    if (port !== undefined) found(Number(port));
  });
  child.once("exit", (code) => reject(new Error(`the program ended with ${code}`)));
  return promise;
}
