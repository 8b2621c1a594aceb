#!/usr/bin/env node
/** `submeter-agent`: reads the command line, hands over to one function a command, and ends with its exit code. */

import { setTimeout as sleep } from "node:timers/promises";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import yargs, { type Argv } from "yargs";
import { hideBin } from "yargs/helpers";
import { count } from "./commands/count.ts";
import { exportBundle, importReceipts } from "./commands/air-gap.ts";
import { type FlushVerb, flush } from "./commands/flush.ts";
import { type CommandIo, errorText, exitCodeOf } from "./commands/io.ts";
import { type LocalAgent, localAgent } from "./commands/local-agent.ts";
import { preview } from "./commands/preview.ts";
import { status } from "./commands/status.ts";
import { listenDefault, readListen, readToken } from "./listen-address.ts";
import { agentVersion } from "./sealing/agent-facts.ts";
import type { Flags } from "./settings.ts";
import { systemClock } from "./system-clock.ts";

const io: CommandIo = {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  isWatched: process.stderr.isTTY,
  isColoured: process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "",
};

type Common = { listen: string | undefined; json: boolean };

function localOptions(y: Argv): Argv<Common> {
  return y.option("listen", listenOption).option("json", jsonOption);
}

const jsonOption = {
  type: "boolean",
  default: false,
  describe: "Print JSON for programs",
} as const;

const listenOption = {
  type: "string",
  requiresArg: true,
  describe: `Where the agent listens, on loopback [SUBMETER_AGENT_LISTEN, ${listenDefault}]`,
} as const;

function text(describe: string) {
  return { type: "string", requiresArg: true, describe } as const;
}

const metersOption = text("The file that declares the meters [SUBMETER_METERS, meters.json]");

function agentAt(listen: string | undefined): LocalAgent {
  const address = readListen(process.env, { SUBMETER_AGENT_LISTEN: listen });
  return localAgent(address, readToken(process.env, {}));
}

async function endWith(code: number | Promise<number>): Promise<void> {
  process.exitCode = await code;
}

function flushCommand(
  verb: FlushVerb,
  describe: string,
): [string, string, typeof localOptions, (argv: Common) => Promise<void>] {
  return [
    verb,
    describe,
    localOptions,
    ({ listen, json }) => endWith(flush(agentAt(listen), verb, { json }, io)),
  ];
}

/** Everything that can be set, as flags that mirror the environment. */
function settingOptions(y: Argv) {
  return y
    .option("endpoint", text("The vendor's URL [TELEMETRY_ENDPOINT]"))
    .option("key-file", text("A file with the installation's key [TELEMETRY_HMAC_KEY_FILE]"))
    .option(
      "interval-seconds",
      text("How often a report is sealed [TELEMETRY_INTERVAL_SECONDS, 3600]"),
    )
    .option("ca-file", text("PEM of a private certificate authority [TELEMETRY_CA_FILE]"))
    .option("state", text("The agent's own folder [SUBMETER_AGENT_STATE, /var/lib/submeter-agent]"))
    .option("meters", metersOption)
    .option("listen", listenOption)
    .option("socket", text("A Unix socket's file that takes usage too [SUBMETER_AGENT_SOCKET]"))
    .option("air-gapped", {
      type: "boolean",
      describe: "Open no socket outward: reports leave as files [SUBMETER_AIR_GAPPED]",
    })
    .option("ways", text("The file of further ways in [SUBMETER_WAYS]"));
}

type SettingArguments = Awaited<ReturnType<typeof settingOptions>["argv"]>;

/** The environment as the flags leave it, and the flags. */
function settingsOf(argv: SettingArguments): { environment: NodeJS.ProcessEnv; flags: Flags } {
  const flags: Flags = {
    TELEMETRY_ENDPOINT: argv.endpoint,
    TELEMETRY_INTERVAL_SECONDS: argv.intervalSeconds,
    TELEMETRY_CA_FILE: argv.caFile,
    SUBMETER_AGENT_STATE: argv.state,
    SUBMETER_AGENT_LISTEN: argv.listen,
    SUBMETER_AGENT_SOCKET: argv.socket,
    SUBMETER_AIR_GAPPED: argv.airGapped === undefined ? undefined : String(argv.airGapped),
    SUBMETER_METERS: argv.meters,
    SUBMETER_WAYS: argv.ways,
  };
  const keyFile =
    argv.keyFile === undefined
      ? {}
      : { TELEMETRY_HMAC_KEY_FILE: argv.keyFile, TELEMETRY_HMAC_KEY: undefined };
  return { environment: { ...process.env, ...keyFile }, flags };
}

const program = yargs(hideBin(process.argv))
  .scriptName("submeter-agent")
  .usage("$0 <command>\n\nCounts usage here, and reports signed hourly aggregates to the vendor.")
  .command("run", "Count, seal and deliver until told to stop", settingOptions, async (argv) => {
    const { environment, flags } = settingsOf(argv);
    const { promise: stop, resolve } = Promise.withResolvers<string>();
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
    // The others start faster without what only this one needs.
    const { run } = await import("./commands/run.ts");
    process.exit(await run(environment, flags, stop));
  })
  .command(
    "validate",
    "Say whether `run` could use this configuration, without starting",
    (y) => settingOptions(y).option("json", jsonOption),
    async (argv) => {
      const { environment, flags } = settingsOf(argv);
      const { validate } = await import("./commands/validate.ts");
      await endWith(validate(environment, flags, { json: argv.json }, io));
    },
  )
  .command(
    "describe",
    "Print the data dictionary: everything that may leave, for whoever has to allow it",
    (y) => y.option("meters", metersOption).option("json", jsonOption),
    async ({ meters, json }) => {
      const { readDeclaredMeters } = await import("./config.ts");
      const { describeMeters } = await import("./commands/describe.ts");
      const file = readDeclaredMeters(process.env, { SUBMETER_METERS: meters });
      await endWith(describeMeters(file, { json }, io));
    },
  )
  .command(
    "count [file]",
    "Send NDJSON events from a file or standard input to the running agent; run it again to resume",
    (y) =>
      localOptions(y)
        .positional("file", {
          type: "string",
          describe: "One event a line; - or none: standard input",
        })
        .option(
          "source",
          text(
            "Names the stream. Lines of standard input without an id are named by it and their number: a new name for each stream",
          ),
        )
        .option("batch", { type: "number", default: 500, describe: "Events a request, 1 to 5000" })
        .option("wait", {
          type: "number",
          default: 300,
          describe: "Seconds to wait for an agent that is down",
        }),
    ({ listen, json, file, source, batch, wait }) =>
      endWith(
        count(
          {
            // yargs makes an empty text of a lone hyphen.
            file: file === undefined || file === "" || file === "-" ? null : file,
            source: source ?? null,
            batchSize: bounded("batch", batch, 1, 5000),
            waitSeconds: bounded("wait", wait, 0, 7 * 86_400),
            json,
          },
          { agent: agentAt(listen), clock: systemClock, sleep, standardInput: process.stdin, io },
        ),
      ),
  )
  .command(
    "preview",
    "Print the document that would be sealed at this instant",
    localOptions,
    ({ listen, json }) => endWith(preview(agentAt(listen), { json }, io)),
  )
  .command(...flushCommand("flush", "Seal and deliver now"))
  .command(
    "status",
    "Show what waits, the last receipt, and the countdown to the fallback",
    localOptions,
    ({ listen, json }) => endWith(status(agentAt(listen), { json }, io)),
  )
  .command(
    "export",
    "Write the reports that wait into a bundle for the vendor; they go on waiting for their receipts",
    (y) =>
      localOptions(y).option("out", {
        ...text("The file to write; not there yet"),
        demandOption: true,
      }),
    ({ listen, json, out }) => endWith(exportBundle(agentAt(listen), { out, json }, io)),
  )
  .command(
    "import-receipts <file>",
    "Read the vendor's answer to a bundle; what has its receipt waits no more",
    (y) =>
      localOptions(y).positional("file", {
        type: "string",
        demandOption: true,
        describe: "As the vendor's import wrote it, gzipped or not",
      }),
    ({ listen, json, file }) => endWith(importReceipts(agentAt(listen), { file, json }, io)),
  )
  .command(...flushCommand("retire", "Seal the final report: this journal counts no more"))
  .command(...flushCommand("retry", "Offer rejected reports again"))
  .command(...flushCommand("trust", "Accept that another collector answers, and pin it"))
  .demandCommand(1, "Say what to do: one of the commands above.")
  .strict()
  .recommendCommands()
  .version(agentVersion)
  .help()
  .wrap(Math.min(110, process.stdout.columns || 110))
  .fail((message, error) => {
    // Without an error of its own it is yargs that does not understand the command line.
    throw error ?? new SubmeterError("usage_malformed", message, "see submeter-agent --help");
  });

function bounded(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new SubmeterError(
    "flag_malformed",
    `--${name} is ${value}`,
    `give a whole number from ${least} to ${most}`,
  );
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(errorText(error));
  process.exitCode = exitCodeOf(error);
}
