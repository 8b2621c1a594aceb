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
async function imported(world: ProcessWorld, bundle: Buffer): Promise<string> {
  const response = await fetch(`${world.collector.url}/ingest`, {
    method: "POST",
    headers: { "content-type": bundleMediaType, "content-encoding": "gzip" },
    body: new Uint8Array(bundle),
  });
  return response.text();
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
    await fetch(`${world.url}/v1/usage`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ meter: "tokens", quantity }),
    });
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

it.skipIf(!traceable)(
  "no socket is ever opened outward, nor a name looked up",
  { timeout: 60_000 },
  async () => {
    const world = await processWorld();
    // With an endpoint set: the switch alone decides.
    const environment = { ...world.environment, SUBMETER_AIR_GAPPED: "true" };
    const output = join(world.folder, "trace");
    const tracing = spawn(
      "strace",
      [
        "-f",
        "-o",
        output,
        "-e",
        "trace=connect,sendto,sendmsg,sendmmsg",
        process.execPath,
        programPaths.agent,
        "run",
      ],
      {
        env: { PATH: process.env["PATH"] ?? "", ...environment },
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    onTestFinished(() => void tracing.kill("SIGKILL"));
    for await (const line of createInterface({ input: tracing.stderr })) {
      if (line.includes('"msg":"counting"')) break;
    }
    await fetch(`${world.url}/v1/usage`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ meter: "tokens", quantity: "1" }),
    });
    await runProgram("agent", ["flush"], environment);
    await runProgram("agent", ["trust"], environment);
    await runProgram("agent", ["retire"], environment);
    const children = readFileSync(`/proc/${tracing.pid}/task/${tracing.pid}/children`, "utf8");
    process.kill(Number(children.trim()), "SIGTERM");
    await once(tracing, "exit");
    const outward = readFileSync(output, "utf8")
      .split("\n")
      .filter((line) => /(connect|send(to|msg|mmsg))\(.*AF_INET/.test(line));
    expect(outward).toEqual([]);
    expect(world.collector.records.size).toBe(0);
  },
);
