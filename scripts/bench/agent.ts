/**
 * What the agent promises about speed and size: the program as it ships, as a process of its own, with a fresh state directory on
 * the project's disk; the servers that it is held against, and the load, run on the same two cores.
 *
 * Flags, for development: `--only=NAME` (a bench or the start of its name), `--rounds=`, `--seconds=` (of one round).
 */

import type { Measured } from "../bench.ts";
import { benchFolder, shippedAgent } from "./agent/agent-process.ts";
import { idleBenches } from "./agent/idle.ts";
import { idsBench } from "./agent/ids.ts";
import { cleanUpAtExit } from "./agent/left-behind.ts";
import { setsBench } from "./agent/sets.ts";
import type { Turns } from "./agent/side-by-side.ts";
import { startBench } from "./agent/start.ts";
import { statsdBench } from "./agent/statsd.ts";
import { throughputBenches } from "./agent/throughput.ts";
import { onTwoCores } from "./collector/two-cores.ts";

export type Family = (shipped: string, turns: Turns) => Promise<readonly Measured[]>;

const families: readonly { readonly names: readonly string[]; readonly run: Family }[] = [
  {
    names: ["single", "single_p99", "batch100", "batch100_ids", "rss_loaded"],
    run: throughputBenches,
  },
  { names: ["sets2000"], run: setsBench },
  { names: ["ids"], run: idsBench },
  { names: ["rss_idle", "idle_cpu"], run: idleBenches },
  { names: ["start"], run: startBench },
  { names: ["statsd_loss"], run: statsdBench },
];

export async function agentBenches(flags: readonly string[]): Promise<readonly Measured[]> {
  const flag = (name: string): string | null =>
    flags.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3) ?? null;
  const rounds = Number(flag("rounds") ?? 6);
  const turns = { rounds, seconds: Number(flag("seconds") ?? 1.5), warmUpSeconds: 1.5 };
  const only = flag("only") ?? "";
  onTwoCores();
  cleanUpAtExit();
  const folder = benchFolder();
  try {
    const shipped = await shippedAgent(folder.path);
    const measured: Measured[] = [];
    for (const { names, run } of families) {
      if (names.some((name) => name.startsWith(only)))
        measured.push(...(await run(shipped, turns)));
    }
    return measured;
  } finally {
    folder.remove();
  }
}
