/** `pnpm demo`: a week of real usage travels from agents through signed reports into a collector and comes out as invoices. */

import { access, chmod, constants, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { parseInstant } from "@submeter/shared/time/instant";
import { readDataset } from "./demo/dataset.ts";
import { movedClock } from "./demo/moved-clock.ts";
import { progressBar } from "./demo/progress.ts";
import { replayUsage, runOn } from "./demo/replay.ts";
import { readResult } from "./demo/result.ts";
import { scenarioFor } from "./demo/scenario.ts";
import { closingText, fleetText, openingText } from "./demo/text.ts";
import { startVendor } from "./demo/vendor.ts";

const start = parseInstant("2026-01-05T00:00:00Z");
const ownData = fileURLToPath(new URL("demo/data", import.meta.url));

const usage = `Usage: npx -y pnpm@12 demo [--json] [--data DIR]

  --json      print the totals, reports and invoices as JSON, and nothing else
  --data DIR  replay every customer of another folder with requests_10min.csv.gz and tokens_6h.csv.gz
  --help      show this text
`;

/** Ctrl-C reaches the collector at the same moment: what fails after that is no fault. */
const stop = new AbortController();
// The terminal may be gone before everything is put away (SIGHUP), and with it the place to write to.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => stop.abort(interrupted(signal)));
}
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

async function main(): Promise<void> {
  const values = readArguments();
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const dataset = await readDataset(values.data);
  const scenario = scenarioFor(dataset);
  if (!values.json) process.stdout.write(openingText(dataset, scenario, start));
  const folder = await workFolder();
  try {
    const vendor = await startVendor(join(folder, "collector"), start);
    const progress = progressBar(scenario.hours, process.stderr.isTTY && !values.json);
    try {
      const clock = movedClock(start);
      const { signal } = stop;
      const demo = { dataset, scenario, start, clock, vendor, folder, progress, signal };
      const { duplicates } = await replayUsage(demo);
      const fleet = values.json ? "" : await fleetText(demo);
      await runOn(demo);
      progress.end();
      const result = await readResult(demo, duplicates);
      const text = values.json
        ? `${JSON.stringify(result)}\n`
        : fleet + (await closingText(demo, result));
      process.stdout.write(text);
    } finally {
      progress.end();
      await vendor.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function readArguments() {
  try {
    const options = {
      json: { type: "boolean", default: false },
      data: { type: "string", default: ownData },
      help: { type: "boolean", default: false },
    } as const;
    return parseArgs({ options }).values;
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new SubmeterError("demo_usage", what, "see `npx -y pnpm@12 demo --help`", { cause });
  }
}

/** In memory where the machine has such a place: the demo shows the path, not the disk. */
async function workFolder(): Promise<string> {
  const memory = "/dev/shm";
  const base = await access(memory, constants.W_OK).then(
    () => memory,
    () => tmpdir(),
  );
  const folder = await mkdtemp(join(base, "submeter-demo-"));
  // As root the database runs as a user of its own, who has to pass through here.
  await chmod(folder, 0o755);
  await mkdir(join(folder, "collector"));
  return folder;
}

function interrupted(signal: string): SubmeterError {
  return new SubmeterError("demo_interrupted", `stopped by ${signal}`, "run it again at any time");
}

try {
  await main();
} catch (error) {
  const reason: unknown = stop.signal.aborted ? stop.signal.reason : error;
  if (!(reason instanceof SubmeterError)) throw error;
  process.stderr.write(`\n${reason.message} (${reason.code})\n  → ${reason.hint}\n`);
  process.exitCode = stop.signal.aborted ? 130 : reason.code === "demo_usage" ? 2 : 1;
}
