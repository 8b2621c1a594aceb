/** Runs the agent in this process until it is told to stop. */

import type { Environment, Flags } from "../settings.ts";

/** Resolves with the exit code. */
export async function runUntilSignal(environment: Environment, flags: Flags): Promise<number> {
  const { promise: stop, resolve } = Promise.withResolvers<string>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  // Other verbs start faster without what only this one needs.
  const { run } = await import("./run.ts");
  return run(environment, flags, stop);
}
