/** The order of durability, as the kernel sees it: fdatasync before the 2xx, and before the first byte of a report leaves. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { programPaths, runProgram } from "../programs.fixture.ts";
import { processWorld } from "./processes.fixture.ts";

const tracer = "strace";
const traceable = spawnSync(tracer, ["-f", "-o", "/dev/null", "true"]).status === 0;
if (!traceable) {
  console.warn(
    "SKIPPED, NOT PROVEN HERE: strace cannot run on this machine, so the order of durability was not traced",
  );
}

type Call = { name: string; text: string };

/** Finished system calls in the order in which they ended; what a thread resumes is one call. */
function callsOf(trace: string): Call[] {
  const begun = new Map<string, string>();
  const calls: Call[] = [];
  for (const line of trace.split("\n")) {
    const match = /^(\d+) +(.*)$/.exec(line);
    if (match === null) continue;
    const [, thread = "", text = ""] = match;
    if (text.endsWith("<unfinished ...>")) {
      begun.set(thread, text);
      // A write counts from its beginning: that is when the first byte may leave.
      if (!text.startsWith("f")) calls.push({ name: nameOf(text), text });
    } else if (text.startsWith("<... ")) {
      const whole = begun.get(thread) ?? "";
      if (whole.startsWith("f")) calls.push({ name: nameOf(whole), text: whole });
    } else calls.push({ name: nameOf(text), text });
  }
  return calls;
}

function nameOf(text: string): string {
  return text.slice(0, text.indexOf("("));
}

/** The process that strace started: to end strace itself would only end the tracing. */
function childOf(parent: number | undefined): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim();
  const id = Number(children);
  if (!Number.isInteger(id) || id <= 0) throw new Error(`no single child: ${children}`);
  return id;
}

it.skipIf(!traceable)(
  "an event is on the disk before its 204, and a report before its first byte leaves",
  { timeout: 60_000 },
  async () => {
    const world = await processWorld();
    const output = join(world.folder, "trace");
    const tracing = spawn(
      tracer,
      [
        "-f",
        "-s",
        "200",
        "-o",
        output,
        "-e",
        "trace=fdatasync,fsync,write,writev,sendto,pwrite64",
        process.execPath,
        programPaths.agent,
        "run",
      ],
      {
        env: { PATH: process.env["PATH"] ?? "", ...world.environment },
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    onTestFinished(() => void tracing.kill("SIGKILL"));
    for await (const line of createInterface({ input: tracing.stderr })) {
      if (line.includes('"msg":"counting"')) break;
    }
    const sent = await fetch(`${world.url}/v1/usage`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ meter: "tokens", quantity: "41" }),
    });
    expect(sent.status).toBe(204);
    expect((await runProgram("agent", ["flush"], world.environment)).code).toBe(0);
    process.kill(childOf(tracing.pid), "SIGTERM");
    await once(tracing, "exit");

    const calls = callsOf(readFileSync(output, "utf8"));
    const syncs = (from: number, to: number) =>
      calls.slice(from, to).filter(({ name }) => name === "fdatasync" || name === "fsync").length;
    const place = (pattern: RegExp, from = 0) => {
      const index = calls.findIndex(({ text }, at) => at >= from && pattern.test(text));
      expect(index, `no call matches ${pattern}`).toBeGreaterThanOrEqual(0);
      return index;
    };
    // The journal's page with the event's total, its fdatasync, the answer: in this order.
    const acknowledged = place(/HTTP\/1\.1 204/);
    const lastWrite = calls.findLastIndex(
      ({ name }, at) => at < acknowledged && name === "pwrite64",
    );
    expect(lastWrite).toBeGreaterThanOrEqual(0);
    expect(syncs(lastWrite, acknowledged)).toBeGreaterThan(0);

    // The report's own bytes reach the journal, then fdatasync, then the socket.
    const leaves = place(/POST \/ingest/, acknowledged);
    const sealed = calls.findLastIndex(({ name }, at) => at < leaves && name === "pwrite64");
    expect(sealed).toBeGreaterThan(acknowledged);
    expect(syncs(sealed, leaves)).toBeGreaterThan(0);
    expect(
      calls
        .slice(acknowledged, leaves)
        .some(
          ({ text }) =>
            /(write|writev|sendto)\(.*"usage/.test(text) && !text.startsWith("pwrite64"),
        ),
    ).toBe(false);
  },
);
