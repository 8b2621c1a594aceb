/** Puts a load on a server, from a process of its own, and says what the server did under it. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { endsWithBench } from "./left-behind.ts";

export type Load = {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly events: EventsOfLoad;
};

/** What the requests hold. */
export type EventsOfLoad = {
  readonly perRequest: number;
  readonly withIds: boolean;
  /** Names the ids of this load, which must be new. */
  readonly run: string;
  /** Over how many dimension sets the events are spread. */
  readonly sets: number;
};

export type Loaded = {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How many answers had which status, the warm-up's too. */
  readonly statuses: Readonly<Record<string, number>>;
};

/** Throws when any answer was none that says the events are durable. */
export async function putLoad(load: Load): Promise<Loaded> {
  const child = startProgram("load-generator.ts", [JSON.stringify(load)]);
  const loaded = JSON.parse(await text(child.stdout!)) as Loaded;
  const refused = Object.keys(loaded.statuses).filter((status) => !/^20[04]$/.test(status));
  if (refused.length > 0) throw new Error(`answers with the statuses ${refused.join(", ")}`);
  return loaded;
}

/** One of the programs beside, with this Node. */
export function startProgram(name: string, parameters: readonly string[]): ChildProcess {
  const path = join(import.meta.dirname, "programs", name);
  return endsWithBench(
    spawn(process.execPath, [path, ...parameters], { stdio: ["ignore", "pipe", "inherit"] }),
  );
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}
