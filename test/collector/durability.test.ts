/** The order of durability, as the kernel sees it: PostgreSQL's log is on the disk before the receipt leaves. */

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import {
  deliver,
  openTestJournal,
  requestsLine,
  testJournalId,
} from "../../packages/collector/src/ingest/agent.fixture.ts";
import { programPaths } from "../programs.fixture.ts";
import { enrol, type Ready } from "./running.fixture.ts";

const traceable = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;
if (!traceable) {
  console.warn(
    "SKIPPED, NOT PROVEN HERE: strace cannot run on this machine, so the order of durability was not traced",
  );
}

type Call = { pid: string; text: string };

/** System calls by the moment that matters: a write counts from its beginning, a sync and a read from their end. */
function callsOf(trace: string): Call[] {
  const begun = new Map<string, string>();
  const calls: Call[] = [];
  for (const line of trace.split("\n")) {
    const match = /^(\d+) +(.*)$/.exec(line);
    if (match === null) continue;
    const [, pid = "", text = ""] = match;
    const counted = (whole: string) => /^(fdatasync|fsync|read|recvfrom)\(/.test(whole);
    if (text.endsWith("<unfinished ...>")) {
      begun.set(pid, text);
      if (!counted(text)) calls.push({ pid, text });
    } else if (text.startsWith("<... ")) {
      const whole = begun.get(pid) ?? "";
      if (counted(whole)) calls.push({ pid, text: whole + text });
    } else calls.push({ pid, text });
  }
  return calls;
}

test.skipIf(!traceable)(
  "the commit is on the disk before the receipt's first byte leaves",
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "submeter-trace-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const output = join(folder, "trace");
    const calls = "trace=fdatasync,fsync,read,recvfrom,write,writev,sendto";
    const tracing = spawn(
      "strace",
      [
        "-f",
        "-s",
        "1500",
        "-o",
        output,
        "-e",
        calls,
        process.execPath,
        programPaths.collector,
      ].concat(["run", "--dev", "--port", "0"]),
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    const ended = once(tracing, "close");
    onTestFinished(async () => {
      tracing.kill("SIGKILL");
      await ended;
    });
    const [line] = await once(createInterface({ input: tracing.stdout }), "line");
    const ready = JSON.parse(String(line)) as Ready;
    const key = await enrol(ready, "acme");
    const start = Date.parse("2026-01-05T00:00:00Z") / 1000;
    const journal = openTestJournal({ key, journal: testJournalId(1), start });
    const report = journal.seal({ usage: [requestsLine(start, "1")] });
    await deliver(ready.url, journal, report);
    // To end strace would only end the tracing: the collector is its one child, and ends it with itself.
    const child = Number(
      readFileSync(`/proc/${tracing.pid}/task/${tracing.pid}/children`, "utf8").trim(),
    );
    process.kill(child, "SIGTERM");
    await ended;

    const seen = callsOf(readFileSync(output, "utf8"));
    const asked = seen.findIndex(({ text }) => /^(read|recvfrom)\(.*"POST \/ingest/.test(text));
    const answered = seen.findIndex(({ text }) =>
      /^(write|writev|sendto)\(.*submeter-state-revision/.test(text),
    );
    expect(asked).toBeGreaterThan(0);
    expect(answered).toBeGreaterThan(asked);
    const between = seen.slice(asked, answered);
    // The backend that said COMMIT had its write-ahead log on the disk before.
    const committed = between.findLastIndex(({ text }) => /^sendto\(.*COMMIT/.test(text));
    expect(committed).toBeGreaterThan(0);
    const backend = between[committed]?.pid;
    const synced = between.findLastIndex(
      ({ pid, text }, index) =>
        index < committed && pid === backend && /^fdatasync\(.*= 0$/.test(text),
    );
    expect(synced).toBeGreaterThan(0);
  },
);
