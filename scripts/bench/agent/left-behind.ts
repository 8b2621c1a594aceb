/** Nothing a bench began is left behind, however it ends: each process is ended by its own id, and its folders go. */

import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { constants } from "node:os";

const running = new Set<ChildProcess>();
const folders = new Set<string>();

/** Ends with the bench at the latest. */
export function endsWithBench<Child extends ChildProcess>(child: Child): Child {
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Removed with the bench at the latest. */
export function goesWithBench(folder: string): {
  readonly path: string;
  readonly remove: () => void;
} {
  folders.add(folder);
  return {
    path: folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
      folders.delete(folder);
    },
  };
}

/** Whoever stops the bench stops what it began. */
export function cleanUpAtExit(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  process.once("exit", () => {
    for (const child of running) child.kill("SIGKILL");
    // What still writes for a moment must not keep the folder.
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
}
