/**
 * The operator's program, wired:
 *
 *     words ─► command ─► desk (API client, now) ─► answer ─► text, or JSON ─► exit code
 *                                   └─ refusal ─► code, detail, hint ─────────► 1, or 2 for what was typed
 */

import type { Clock } from "@submeter/shared/time/clock";
import type { Instant } from "@submeter/shared/time/instant";
import yargs, { type Argv } from "yargs";

import { type ApiClient, createApiClient } from "./api-client.ts";
import { commandTree, type CommandGroup } from "./command-tree.ts";
import type { Answer, Command, Desk, Perform } from "./command.ts";
import { type ConnectionFlags, type Environment, readConnection } from "./connection.ts";
import { exitCodeOf, failureJson, failureText } from "./failure.ts";
import { standardInput } from "./input/read-document.ts";
import { misunderstood, plainWords } from "./misunderstood.ts";
import { paintWith } from "./text/paint.ts";

/** What the surroundings give: nothing below reads the process. */
export type Invocation = {
  readonly words: readonly string[];
  readonly environment: Environment;
  readonly clock: Clock;
  readonly version: string;
  readonly ids: () => string;
  readonly pause: (ms: number) => Promise<void>;
  readonly readInput: () => Promise<Uint8Array>;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** Columns of the terminal; Infinity where output goes to a file or a program. */
  readonly width: number;
  readonly color: { readonly output: boolean; readonly errors: boolean };
};

type Flags = ConnectionFlags & { readonly json?: boolean };

const helpWidthMax = 100;

/** Runs one command line. Answers the exit code: 0 done, 1 could not be done, 2 was not understood. */
export async function runOperator(invocation: Invocation): Promise<0 | 1 | 2> {
  let exitCode: 0 | 1 | 2 = 0;
  const perform: Perform = async (flags, run) => {
    const { answer, now } = await withDesk(invocation, flags as Flags, run);
    show(invocation, flags as Flags, answer, now);
    exitCode = answer.exitCode ?? 0;
  };
  const spoken: string[] = [];
  try {
    await buildProgram(invocation, perform).parseAsync(
      wordsFor(invocation.words),
      {},
      (_error: unknown, _flags: unknown, output: string) => void spoken.push(output),
    );
    const text = spoken.filter((output) => output !== "").join("\n");
    if (text !== "") invocation.print(`${text.trimEnd()}\n`);
    return exitCode;
  } catch (error) {
    return failed(invocation, error);
  }
}

/** Without words, the help. yargs would make the empty text of a lone dash, which means standard input. */
function wordsFor(words: readonly string[]): string[] {
  return words.length === 0
    ? ["--help"]
    : words.map((word) => (word === "-" ? standardInput : word));
}

function failed(invocation: Invocation, error: unknown): 1 | 2 {
  const json = invocation.words.includes("--json");
  invocation.printError(
    json
      ? `${JSON.stringify(failureJson(error))}\n`
      : `${failureText(error, paintWith(invocation.color.errors))}\n`,
  );
  return exitCodeOf(error);
}

async function withDesk(
  { environment, clock, version, readInput, ids, pause }: Invocation,
  flags: Flags,
  run: (desk: Desk) => Promise<Answer>,
): Promise<{ answer: Answer; now: Instant }> {
  const audience = flags.json === true ? "programs" : "people";
  const userAgent = `submeter/${version}`;
  const api = createApiClient(() => readConnection(flags, environment), { userAgent, ids, pause });
  try {
    const answer = await run({
      api,
      now: () => collectorTime(api, clock),
      version,
      audience,
      readInput,
    });
    return { answer, now: api.answeredAt() ?? clock.now() };
  } finally {
    await api.close();
  }
}

/** Any answer tells it; without one yet, the one that needs nothing is asked for. */
async function collectorTime(api: ApiClient, clock: Clock): Promise<Instant> {
  if (api.answeredAt() === null) await api.text("healthz");
  return api.answeredAt() ?? clock.now();
}

function show(
  { print, width, color }: Invocation,
  flags: Flags,
  answer: Answer,
  now: Instant,
): void {
  if (flags.json === true) {
    print(`${JSON.stringify(answer.json, null, 2)}\n`);
    return;
  }
  const page = { paint: paintWith(color.output), width, now };
  print(`${answer.text(page)}\n`);
}

function buildProgram(invocation: Invocation, perform: Perform): Argv {
  const program = yargs()
    .scriptName("submeter")
    .usage("$0 <command>\n\nThe operator's side of Submeter: customers, usage, invoices.")
    .locale("en")
    .updateStrings(plainWords)
    .exitProcess(false)
    .parserConfiguration({
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "greedy-arrays": false,
    })
    .options(globalOptions)
    .help("help")
    .version(invocation.version)
    .group([...Object.keys(globalOptions), "help", "version"], "Everywhere:")
    .strict()
    .recommendCommands()
    .wrap(Math.min(helpWidthMax, invocation.width))
    .completion("completion", "Print a script that completes commands in your shell")
    .example("submeter today", "what waits for you this morning")
    .example("submeter fleet", "who reports, who is late")
    .example("submeter usage --customer acme --by day", "what was counted this month")
    .example("submeter close status", "what can be billed, what waits and why")
    .epilogue(epilogue);
  // Without a handler of its own an error would end the process from within.
  program.fail((message: string | null, error: Error | undefined) => {
    throw error === undefined || error.name === "YError"
      ? misunderstood(error?.message ?? message ?? "", invocation.words)
      : error;
  });
  for (const entry of commandTree) attach(program, entry, perform);
  return needsCommand(program);
}

const globalOptions = {
  url: {
    type: "string",
    requiresArg: true,
    describe: "the collector's address [SUBMETER_URL]",
    global: true,
  },
  "token-file": {
    type: "string",
    requiresArg: true,
    describe: "file with your operator token [SUBMETER_TOKEN_FILE]",
    global: true,
  },
  "ca-file": {
    type: "string",
    requiresArg: true,
    describe: "PEM of a private certificate authority [SUBMETER_CA_FILE]",
    global: true,
  },
  json: { type: "boolean", describe: "print JSON for programs", global: true },
} as const;

const epilogue = [
  "SUBMETER_URL says where the collector is; SUBMETER_TOKEN or SUBMETER_TOKEN_FILE who you are.",
  "Times are UTC. Exit codes: 0 done, 1 could not be done, 2 not understood.",
].join("\n");

function attach(program: Argv, entry: CommandGroup | Command, perform: Perform): void {
  if ("attach" in entry) {
    entry.attach(program, perform);
    return;
  }
  program.command(entry.noun, entry.describe, (group) => {
    for (const command of entry.commands) command.attach(group, perform);
    return needsCommand(group);
  });
}

function needsCommand(program: Argv): Argv {
  return program.demandCommand(1, 1, "a command is missing", "that is more than one command");
}
