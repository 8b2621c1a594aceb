#!/usr/bin/env node
/** `submeter`: hands the process's words, environment and streams to the program. */

import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";

import { systemClock } from "../system-clock.ts";
import { systemId } from "../system-random.ts";
import { runOperator } from "./program.ts";

// A reader that has seen enough (`| head`) closes the pipe: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { version: string };

process.exitCode = await runOperator({
  words: process.argv.slice(2),
  environment: process.env,
  clock: systemClock,
  ids: systemId,
  pause: delay,
  version,
  readInput: () => buffer(process.stdin),
  print: (text) => void process.stdout.write(text),
  printError: (text) => void process.stderr.write(text),
  width: process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
  color: { output: wantsColor(process.stdout), errors: wantsColor(process.stderr) },
});

/** https://no-color.org: any value but the empty one turns colour off. */
function wantsColor(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (process.env["NO_COLOR"] ?? "") === "";
}
