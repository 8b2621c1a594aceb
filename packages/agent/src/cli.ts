#!/usr/bin/env node
/** `submeter-agent`: hands the command line over to its verb, and ends with that one's exit code. */

import { type CommandIo, errorText, exitCodeOf } from "./commands/io.ts";
import { runUntilSignal } from "./commands/run-until-signal.ts";

const io: CommandIo = {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  isWatched: process.stderr.isTTY,
  isColoured: process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "",
};

async function main(words: readonly string[]): Promise<void> {
  // As a service is started: it runs for years, and what reads a command line would stay in its memory.
  if (words.length === 1 && words[0] === "run") {
    process.exit(await runUntilSignal(process.env, {}));
  }
  const { readCommandLine } = await import("./command-line.ts");
  const context = {
    io,
    environment: process.env,
    standardInput: process.stdin,
    endWith: async (code: number | Promise<number>): Promise<void> => {
      process.exitCode = await code;
    },
  };
  await readCommandLine(words, context, process.stdout.columns || 110);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(errorText(error, process.argv.includes("--json")));
  process.exitCode = exitCodeOf(error);
}
