/** Real processes for tests: started on the pinned Node, read line by line, ended by their id. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

const root = resolve(import.meta.dirname, "..");

export const programPaths = {
  agent: resolve(root, "packages/agent/src/cli.ts"),
  collector: resolve(root, "packages/collector/src/cli.ts"),
  operator: resolve(root, "packages/collector/src/operator/cli.ts"),
} as const;

export type Program = {
  readonly process: ChildProcess;
  /** Everything that it has written so far. */
  output(): { stdout: string; stderr: string };
  /** The first line of standard output or error that matches; rejects when the program ends before. */
  line(pattern: RegExp): Promise<string>;
  /** Ends it and waits until it is gone. */
  end(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<{ code: number | null }>;
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
};

export function startProgram(
  name: keyof typeof programPaths,
  args: readonly string[],
  environment: Record<string, string> = {},
): Program {
  const child = spawn(process.execPath, [programPaths[name], ...args], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      NO_COLOR: "1",
      ...environment,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const texts = { stdout: "", stderr: "" };
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();
  for (const stream of ["stdout", "stderr"] as const) {
    createInterface({ input: child[stream] }).on("line", (line) => {
      texts[stream] += `${line}\n`;
      lines.push(line);
      for (const offer of waiting) offer(line);
    });
  }
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...texts }));
  const program: Program = {
    process: child,
    output: () => ({ ...texts }),
    line: (pattern) => {
      const { promise, resolve: found, reject } = Promise.withResolvers<string>();
      const offer = (line: string) => {
        if (!pattern.test(line)) return;
        waiting.delete(offer);
        found(line);
      };
      waiting.add(offer);
      for (const line of lines) offer(line);
      void ended.then(({ code, stderr }) =>
        reject(
          new Error(`${name} ended with ${code} before a line matched ${pattern}:\n${stderr}`),
        ),
      );
      return promise;
    },
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return ended;
    },
    ended,
  };
  onTestFinished(async () => {
    await program.end("SIGKILL");
  });
  return program;
}

/** Runs a command to its end. */
export async function runProgram(
  name: keyof typeof programPaths,
  args: readonly string[],
  environment: Record<string, string> = {},
  input?: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = startProgram(name, args, environment);
  program.process.stdin?.end(input ?? "");
  return program.ended;
}
