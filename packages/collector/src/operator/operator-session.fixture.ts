/** Runs `submeter` as a person would, in this process: words in, both streams and the exit code out. */

import { randomUUID } from "node:crypto";

import { runOperator } from "./program.ts";
import { type Script, scriptedNow, startScriptedCollector } from "./scripted-collector.fixture.ts";

/** This machine's clock is slow; what is shown goes by the collector's. */
const localNow = scriptedNow - 720;

/** Obviously no real token. */
export const sessionToken = "sop_test-token-of-nobody";

export type Session = {
  readonly out: string;
  readonly errors: string;
  readonly exitCode: number;
};

export type SessionOptions = {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly width?: number;
  readonly color?: boolean;
};

export async function runWords(
  words: readonly string[],
  options: SessionOptions = {},
): Promise<Session> {
  let out = "";
  let errors = "";
  const color = options.color ?? false;
  const exitCode = await runOperator({
    words,
    environment: options.environment ?? {},
    clock: { now: () => localNow, nowMs: () => localNow * 1000, monotonicMs: () => 0 },
    ids: () => randomUUID(),
    pause: async () => {},
    version: "0.0.0-test",
    readInput: async () => new TextEncoder().encode(options.input ?? ""),
    print: (text) => {
      out += text;
    },
    printError: (text) => {
      errors += text;
    },
    width: options.width ?? Number.POSITIVE_INFINITY,
    color: { output: color, errors: color },
  });
  return { out, errors, exitCode };
}

/** As {@link runWords}, against a collector that answers by `script`. */
export async function runAgainst(
  script: Script,
  words: readonly string[],
  options: SessionOptions = {},
) {
  const collector = await startScriptedCollector(script);
  try {
    const session = await runWords(words, {
      ...options,
      environment: {
        SUBMETER_URL: collector.url,
        SUBMETER_TOKEN: sessionToken,
        ...options.environment,
      },
    });
    return { ...session, asked: collector.asked };
  } finally {
    await collector.close();
  }
}
