/** Keeps this program, and what it starts, on two cores: a promise about one box says which box. */

import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

export function onTwoCores(): void {
  if (availableParallelism() <= 2) return;
  const { status } = spawnSync("taskset", ["-apc", "0,1", String(process.pid)]);
  if (status === 0) return;
  process.stderr.write(
    `taskset is not there: everything runs on ${availableParallelism()} cores, not on two\n`,
  );
}
