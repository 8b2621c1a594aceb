/** An agent that may not speak to anybody: its reports leave as files, and the receipts come back as files. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { gunzipSync } from "node:zlib";
import { expect, it, onTestFinished } from "vitest";
import { bundleMediaType } from "@submeter/shared/wire/bundle";
import { programPaths, runProgram } from "../programs.fixture.ts";
import type { ImportedAnswers } from "@submeter/agent/delivery/import-answers";
import type { Exported } from "@submeter/agent/intake/air-gap-routes";
import { agentWorld, send } from "./agent.fixture.ts";
import { tracedChild } from "./crash-states.fixture.ts";
import type { FakeCollector } from "./fake-collector.fixture.ts";
import { type ProcessWorld, processWorld } from "./processes.fixture.ts";

const traceable = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;
if (!traceable) {
  console.warn(
    "SKIPPED, NOT PROVEN HERE: strace cannot run on this machine, so the sockets of an air-gapped agent were not traced",
  );
}

function airGapped(world: ProcessWorld): Record<string, string> {
  const { TELEMETRY_ENDPOINT: _, ...rest } = world.environment;
  return { ...rest, SUBMETER_AIR_GAPPED: "true" };
}

/** What the vendor's side does with a bundle. */
async function imported(world: { collector: FakeCollector }, bundle: Buffer): Promise<string> {
  const response = await fetch(`${world.collector.url}/ingest`, {
    method: "POST",
    headers: { "content-type": bundleMediaType, "content-encoding": "gzip" },
    body: new Uint8Array(bundle),
  });
  return response.text();
}

async function count(world: ProcessWorld, quantity: string): Promise<void> {
  await fetch(`${world.url}/v1/usage`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ meter: "tokens", quantity }),
  });
}

it("reports travel as files, and every step may be taken twice", { timeout: 60_000 }, async () => {
  const world = await processWorld();
  const environment = airGapped(world);
  const run = (...args: string[]) => runProgram("agent", [...args, "--json"], environment);
  const agent = await world.startAgent(environment);
  const [first, again, answers] = ["1.gz", "2.gz", "answers"].map((name) =>
    join(world.folder, name),
  );
  if (first === undefined || again === undefined || answers === undefined)
    throw new Error("no names");

  expect(await run("export", "--out", first)).toMatchObject({ code: 1 });
  for (const quantity of ["1", "2"]) {
    await count(world, quantity);
    await run("flush");
  }
  const exported = await run("export", "--out", first);
  expect(JSON.parse(exported.stdout)).toMatchObject({
    reports: [{ sequence: 1 }, { sequence: 2 }],
    left: 0,
  });
  // A file that is there already is under way, and is not written over.
  expect(await run("export", "--out", first)).toMatchObject({ code: 1 });
  expect(gunzipSync(readFileSync(first)).toString()).toContain("submeter-report");

  const answer = await imported(world, readFileSync(first));
  writeFileSync(answers, answer.slice(0, answer.indexOf("\n") + 1));
  // Without a state nothing says whose receipts these are.
  expect(await run("import-receipts", answers)).toMatchObject({ code: 1 });
  writeFileSync(answers, answer);
  const taken = await run("import-receipts", answers);
  expect(JSON.parse(taken.stdout)).toMatchObject({ receipts: 2, state: true, waiting: 0 });
  const twice = await run("import-receipts", answers);
  expect(JSON.parse(twice.stdout)).toMatchObject({ receipts: 0, waiting: 0 });

  // The collector counted the bundle once, though it was given to it twice.
  await imported(world, readFileSync(first));
  expect(world.collector.reports().flatMap(({ usage }) => usage.map((l) => l.quantity))).toEqual([
    "1",
    "2",
  ]);
  expect(await run("export", "--out", again)).toMatchObject({ code: 1 });
  await agent.end("SIGTERM");
});

it("an answer that was cut short is taken as far as it goes, and the rest later", async () => {
  const world = await agentWorld({ airGapped: true });
  onTestFinished(() => world.end());
  const seal = async (quantity: number) => {
    await send(world.agent, { meter: "tokens", quantity });
    world.clock.pass(3600);
    world.agent.sealNow();
  };
  const roundTrip = async () => {
    const response = await fetch(`${world.agent.url}/v1/export`);
    const { bundle, reports } = (await response.json()) as Exported;
    const answer = await imported(world, Buffer.from(bundle, "base64"));
    return { answer, sequences: reports.map(({ sequence }) => sequence) };
  };
  const take = async (answer: string) => {
    const response = await fetch(`${world.agent.url}/v1/receipts`, {
      method: "POST",
      headers: { "content-type": bundleMediaType },
      body: answer,
    });
    const { receipts, known, ignored } = (await response.json()) as ImportedAnswers;
    const waiting = world.agent.status().backlog.reports;
    return { receipts, known, waiting, ignored: ignored.map(({ code }) => code) };
  };

  await seal(1);
  const first = { receipts: 1, known: 0, waiting: 0, ignored: [] };
  expect(await take((await roundTrip()).answer)).toEqual(first);
  for (const quantity of [10, 100, 1000]) await seal(quantity);
  const { answer } = await roundTrip();
  const [one = "", two = ""] = answer.split("\n");
  expect(await take(`${one}\n${two.slice(0, two.length / 2)}`)).toMatchObject({
    receipts: 1,
    waiting: 2,
  });
  // What still waits can leave again meanwhile, on another stick.
  const again = await roundTrip();
  expect(again.sequences).toEqual([3, 4]);
  expect(await take("")).toMatchObject({ waiting: 2, ignored: ["answer_empty"] });
  await world.restart();
  expect(await take(answer)).toEqual({ receipts: 2, known: 1, waiting: 0, ignored: [] });
  expect(await take(answer)).toEqual({ receipts: 0, known: 3, waiting: 0, ignored: [] });
  expect(await take(again.answer)).toEqual({ receipts: 0, known: 2, waiting: 0, ignored: [] });
  expect(world.collector.totals()).toEqual({ tokens: 1111n });
  expect(world.collector.evidence).toEqual([]);
});

it.skipIf(!traceable)(
  "no socket is ever opened outward, nor a name looked up, by the agent and by its commands",
  { timeout: 60_000 },
  async () => {
    const world = await processWorld();
    // With an endpoint set: the switch alone decides.
    const environment = { ...world.environment, SUBMETER_AIR_GAPPED: "true" };
    const traces: string[] = [];
    const traced = (...args: string[]) => {
      const output = join(world.folder, `trace-${traces.length}`);
      traces.push(output);
      const child = spawn(
        "strace",
        ["-f", "-o", output, "-e", "trace=network", process.execPath, programPaths.agent, ...args],
        {
          env: { PATH: process.env["PATH"] ?? "", ...environment },
          stdio: ["ignore", "ignore", "pipe"],
        },
      );
      onTestFinished(() => void child.kill("SIGKILL"));
      return child;
    };
    const tracedRun = async (...args: string[]) => {
      const child = traced(...args);
      child.stderr.resume();
      const [code] = (await once(child, "exit")) as [number];
      expect({ args, code }).toEqual({ args, code: 0 });
    };

    const running = traced("run");
    for await (const line of createInterface({ input: running.stderr })) {
      if (line.includes('"msg":"counting"')) break;
    }
    running.stderr.resume();
    await count(world, "1");
    // It seals, and has nobody to deliver to.
    await runProgram("agent", ["flush"], environment);
    const bundle = join(world.folder, "bundle.gz");
    await tracedRun("export", "--out", bundle);
    const answers = join(world.folder, "answers");
    writeFileSync(answers, await imported(world, readFileSync(bundle)));
    await tracedRun("import-receipts", answers);
    await runProgram("agent", ["trust"], environment);
    await runProgram("agent", ["retire"], environment);
    process.kill(tracedChild(running.pid), "SIGTERM");
    await once(running, "exit");

    const calls = traces.flatMap((path) => readFileSync(path, "utf8").split("\n"));
    const addressed = calls.filter((call) =>
      /AF_(INET|INET6|NETLINK|PACKET), sin|sin6?_addr/.test(call),
    );
    const outward = addressed.filter(
      (call) => !/inet_addr\("127\.0\.0\.1"\)|inet_pton\(AF_INET6, "::1"/.test(call),
    );
    expect(outward).toEqual([]);
    // Loopback is there, so the trace saw what there was to see; and every address in the long run is one that called.
    expect(addressed.length).toBeGreaterThan(0);
    const [runTrace = ""] = traces;
    const opened = readFileSync(runTrace, "utf8").match(
      /^.*(connect|send(to|msg|mmsg))\(.*AF_INET.*$/gm,
    );
    expect(opened ?? []).toEqual([]);
    expect(world.collector.asked.map(({ path }) => path)).toEqual(["/ingest"]);
    expect(world.collector.totals()).toEqual({ tokens: 1n });
  },
);
