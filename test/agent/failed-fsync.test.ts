/** A disk that fails each fsync from some moment on: 503, exit 70, and after a start from the file exactly what was acknowledged. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { programPaths } from "../programs.fixture.ts";
import { agentWorld, send } from "./agent.fixture.ts";
import { isTraceable, tracedChild } from "./crash-states.fixture.ts";
import { processWorld } from "./processes.fixture.ts";

if (!isTraceable) {
  console.warn(
    "SKIPPED, NOT PROVEN HERE: strace cannot run on this machine, so no fsync was made to fail",
  );
}

/** Resolves when it counts or has given up; `first`: the first fsync that fails. */
async function underFailingFsync(environment: Record<string, string>, first: number) {
  const inject = `inject=fsync:error=EIO:when=${first}+`;
  const child = spawn(
    "strace",
    ["-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", inject, process.execPath].concat([
      programPaths.agent,
      "run",
    ]),
    {
      env: { PATH: process.env["PATH"] ?? "", ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit").then(([code]) => code as number | null);
  let counting = false;
  for await (const line of createInterface({ input: child.stderr })) {
    counting = line.includes('"msg":"counting"');
    if (counting) break;
  }
  child.stderr.resume();
  return { counting, ended, tracing: child.pid };
}

it.skipIf(!isTraceable)(
  "what was answered 503 when an fsync failed does not count after the restart, and what was acknowledged does",
  { timeout: 120_000 },
  async () => {
    const traced = await processWorld();
    const state = traced.environment["SUBMETER_AGENT_STATE"] ?? "";
    const world = await agentWorld({ start: new Date().toISOString().slice(0, 19) + "Z" });
    onTestFinished(() => world.end());
    const template = join(traced.folder, "template");
    await (await world.start({ folder: template })).close();

    const quantities = [1, 10, 100];
    const seen: string[] = [];
    // A journal that is only being made needs more of them before it counts.
    for (let first = 0; !seen.includes("counted to the end"); first += 1) {
      rmSync(state, { recursive: true, force: true });
      if (first > 0) cpSync(template, state, { recursive: true });
      traced.collector.records.clear();
      const { counting, ended, tracing } = await underFailingFsync(
        traced.environment,
        first === 0 ? 6 : first,
      );
      // Without ids: a retry of what was refused would count.
      const statuses: number[] = [];
      for (const quantity of counting ? quantities : []) {
        const answer = await send(traced, { meter: "tokens", quantity }).catch(() => null);
        if (answer !== null) statuses.push(answer.status);
      }
      const isWell = statuses.every((status) => status === 204) && counting;
      if (isWell) process.kill(tracedChild(tracing), "SIGTERM");
      const code = await ended;
      seen.push(isWell ? "counted to the end" : counting ? "while counting" : "at the start");

      const agent = await world.start({ folder: state, endpoint: traced.collector.url });
      agent.sealNow();
      await agent.deliverNow();
      await agent.close();
      const acknowledged = quantities.slice(0, statuses.filter((one) => one === 204).length);
      expect({
        first,
        code,
        refused: [...new Set(statuses.filter((status) => status !== 204))],
        totals: traced.collector.totals()["tokens"] ?? 0n,
      }).toEqual({
        first,
        code: isWell ? 0 : 70,
        refused: isWell || !counting ? [] : [503],
        totals: acknowledged.reduce((sum, quantity) => sum + BigInt(quantity), 0n),
      });
    }
    expect(new Set(seen)).toEqual(
      new Set(["at the start", "while counting", "counted to the end"]),
    );
  },
);
