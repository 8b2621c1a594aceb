/** A disk that fails each fsync or write from some moment on: 503, exit 70, and after a start from the file what was acknowledged. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { programPaths } from "../programs.fixture.ts";
import { agentWorld, send } from "./agent.fixture.ts";
import { isTraceable, tracedChild } from "./crash-states.fixture.ts";
import { keepHeadroomInName, processWorld } from "./processes.fixture.ts";

if (!isTraceable) {
  console.warn(
    "SKIPPED, NOT PROVEN HERE: strace cannot run on this machine, so no fsync was made to fail",
  );
}

/** Resolves when it counts or has given up; `first`: the first call that fails, as do all after it. */
async function underFailing(call: string, environment: Record<string, string>, first: number) {
  const inject = `inject=${call}:error=EIO:when=${first}+`;
  const child = spawn(
    "strace",
    ["-f", "-o", "/dev/null", "-e", `trace=${call}`, "-e", inject, process.execPath].concat([
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

const steps = [1, "flush", 10] as const;

it.skipIf(!isTraceable).each([
  { call: "fsync", firsts: (run: number) => run + 1 },
  // A page of the log, or what says where it belongs; in a journal that is being made, and later.
  { call: "pwrite64", firsts: (run: number) => 7 + run * 26 },
])(
  "what was answered 503 because of a failed $call does not count after the restart, and what was acknowledged does",
  { timeout: 120_000 },
  async ({ call, firsts }) => {
    const traced = await processWorld();
    const state = traced.environment["SUBMETER_AGENT_STATE"] ?? "";
    const world = await agentWorld({ start: new Date().toISOString().slice(0, 19) + "Z" });
    onTestFinished(() => world.end());
    const template = join(traced.folder, "template");
    await (await world.start({ folder: template })).close();

    const seen = new Set<string>();
    for (let run = 0; !seen.has("counted to the end"); run += 1) {
      const first = firsts(run);
      rmSync(state, { recursive: true, force: true });
      // A journal that is only being made needs more of them before it counts.
      if (run > 0) cpSync(template, state, { recursive: true });
      keepHeadroomInName(state);
      traced.collector.records.clear();
      const { counting, ended, tracing } = await underFailing(
        call,
        traced.environment,
        run === 0 ? 6 : first,
      );
      // Without ids: a retry of what was refused would count.
      const statuses: number[] = [];
      let acknowledged = 0n;
      for (const step of counting ? steps : []) {
        if (step === "flush") await flush(traced.url);
        else {
          const answer = await send(traced, { meter: "tokens", quantity: step }).catch(() => null);
          statuses.push(answer?.status ?? 0);
          if (answer?.status === 204) acknowledged += BigInt(step);
        }
      }
      const isWell = counting && statuses.every((status) => status === 204);
      if (isWell) process.kill(tracedChild(tracing), "SIGTERM");
      const code = await ended;
      seen.add(isWell ? "counted to the end" : counting ? "while counting" : "at the start");

      const agent = await world.start({ folder: state, endpoint: traced.collector.url });
      agent.sealNow();
      await agent.deliverNow();
      await agent.close();
      expect({
        call,
        first,
        code,
        answers: statuses.filter((status) => ![204, 503, 0].includes(status)),
        conflicts: traced.collector.evidence.length,
        totals: traced.collector.totals()["tokens"] ?? 0n,
      }).toEqual({
        call,
        first,
        code: isWell ? 0 : 70,
        answers: [],
        conflicts: 0,
        totals: acknowledged,
      });
    }
    expect(seen).toEqual(new Set(["at the start", "while counting", "counted to the end"]));
  },
);

async function flush(url: string): Promise<void> {
  await fetch(`${url}/v1/flush`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  }).catch(() => null);
}
