#!/usr/bin/env node
/** `submeter-collector`: run, init, migrate, and what is done at the machine. */

import { destination, pino } from "pino";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { backupCommand, restoreCommand } from "./commands/backup.ts";
import { dropEvidence, exportEvidence } from "./commands/evidence.ts";
import { exitCodeOf, failureText } from "./commands/exit.ts";
import { init } from "./commands/init.ts";
import { migrateDatabase } from "./commands/migrate.ts";
import { type RunFlags, runCollector } from "./commands/run.ts";
import { keepMemorySteady } from "./commands/steady-memory.ts";
import type { Surroundings, Told } from "./commands/maintenance.ts";
import { rotateCollectorKeyCommand } from "./commands/rotate-collector-key.ts";
import { rotateMasterKeyCommand } from "./commands/rotate-master-key.ts";
import {
  programEnvironment,
  readDatabaseDirectUrl,
  readDatabaseUrl,
  readLogLevel,
} from "./config.ts";
import { systemClock } from "./system-clock.ts";
import { systemId, systemRandom } from "./system-random.ts";

const environment = programEnvironment();
const surroundings: Surroundings = {
  environment,
  clock: systemClock,
  random: systemRandom,
  screen: process.stderr,
};

await yargs(hideBin(process.argv))
  .scriptName("submeter-collector")
  .usage("$0 <command>\n\nReceives signed usage reports, rates them by contract and invoices.")
  .command("run", "receive reports until told to stop", runFlags, async (flags) =>
    guarded(() => run(flags)),
  )
  .command("init", "print the first owner token, once", jsonFlag, async ({ json }) =>
    guarded(async () => {
      const databaseUrl = readDatabaseUrl(environment);
      const answer = await init({ databaseUrl, clock: systemClock, random: systemRandom });
      print(json, answer, `${answer.token}\n`);
      if (!json) {
        process.stderr.write(
          "This is the owner's token, shown this once. Keep it, then: export SUBMETER_TOKEN=…\n",
        );
      }
    }),
  )
  .command("migrate", "bring the database to the newest schema", jsonFlag, async ({ json }) =>
    guarded(async () => {
      const answer = await migrateDatabase(
        readDatabaseDirectUrl(environment) ?? readDatabaseUrl(environment),
      );
      const text = answer.applied.map((name) => `applied ${name}\n`).join("");
      print(json, answer, text === "" ? "the schema is the newest already\n" : text);
    }),
  )
  .command(
    "rotate-master-key",
    "seal all secrets anew with SUBMETER_MASTER_KEY; SUBMETER_MASTER_KEY_PREVIOUS is the one before",
    reasonFlag,
    async (flags) => maintained(flags.json, () => rotateMasterKeyCommand(surroundings, flags)),
  )
  .command(
    "rotate-collector-key",
    "announce a new key for receipts to all agents; later, with --activate, let it sign",
    (program) =>
      reasonFlag(program)
        .option("activate", {
          type: "boolean",
          default: false,
          describe: "the announced key signs from now on",
        })
        .option("at-once", {
          type: "boolean",
          default: false,
          describe: "with --activate: although not every agent has heard of it",
        })
        .option("compromised", {
          type: "boolean",
          default: false,
          describe: "with --activate: the key before leaked and counts for nothing any more",
        }),
    async (flags) => maintained(flags.json, () => rotateCollectorKeyCommand(surroundings, flags)),
  )
  .command(
    "backup",
    "write the whole database into one file, as of one instant",
    backupFlags,
    async (flags) => maintained(flags.json, () => backupCommand(surroundings, flags)),
  )
  .command("restore <file>", "fill an empty database from a backup", restoreFlags, async (flags) =>
    maintained(flags.json, () => restoreCommand(surroundings, flags)),
  )
  .command(
    "evidence-export",
    "write months of signed reports into signed files",
    monthFlags,
    async (flags) => maintained(flags.json, () => exportEvidence(surroundings, flags)),
  )
  .command(
    "evidence-drop",
    "drop months that were exported and that no invoice within the retention rests on",
    (program) =>
      monthFlags(program).option("reason", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "kept in the audit log",
      }),
    async (flags) => maintained(flags.json, () => dropEvidence(surroundings, flags)),
  )
  .demandCommand(1, "name a command")
  .strict()
  .help()
  .version(false)
  .fail((message, error, program) => {
    if (error !== undefined && error !== null) throw error;
    program.showHelp("error");
    process.stderr.write(`\n${message}\n`);
    process.exit(2);
  })
  .parseAsync();

function runFlags(program: ReturnType<typeof yargs>) {
  return program
    .option("host", { type: "string", default: "127.0.0.1", describe: "address to listen on" })
    .option("port", {
      type: "number",
      default: 8080,
      describe: "port to listen on; 0 for any free one",
    })
    .option("tls-cert", { type: "string", describe: "PEM file with the certificate and its chain" })
    .option("tls-key", { type: "string", describe: "PEM file with the certificate's private key" })
    .option("behind-tls-proxy", {
      type: "boolean",
      default: false,
      describe: "a proxy in front ends TLS: plain HTTP beyond the loopback",
    })
    .option("dev", {
      type: "boolean",
      default: false,
      describe: "bring an embedded PostgreSQL and a Stripe double along",
    })
    .option("data", { type: "string", describe: "with --dev: keep everything in this folder" })
    .option("clock", { type: "string", describe: "with --dev: stand at this instant until moved" });
}

function jsonFlag(program: ReturnType<typeof yargs>) {
  return program.option("json", { type: "boolean", default: false, describe: "print JSON" });
}

function backupFlags(program: ReturnType<typeof yargs>) {
  return jsonFlag(program).option("out", {
    type: "string",
    demandOption: true,
    requiresArg: true,
    describe: "the file to write; it must not be there yet",
  });
}

function restoreFlags(program: ReturnType<typeof yargs>) {
  return jsonFlag(program).positional("file", {
    type: "string",
    demandOption: true,
    describe: "what `backup` wrote",
  });
}

function monthFlags(program: ReturnType<typeof yargs>) {
  return jsonFlag(program)
    .option("before", {
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "a month such as 2026-01: the months before it",
    })
    .option("folder", {
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "where the files are",
    })
    .option("dry-run", {
      type: "boolean",
      default: false,
      describe: "only say what would be done",
    });
}

function reasonFlag(program: ReturnType<typeof yargs>) {
  return jsonFlag(program).option("reason", {
    type: "string",
    demandOption: true,
    requiresArg: true,
    describe: "kept in the audit log",
  });
}

async function maintained(json: boolean, command: () => Promise<Told>): Promise<void> {
  await guarded(async () => {
    const { answer, text } = await command();
    print(json, answer, text);
  });
}

async function run(flags: RunFlags): Promise<void> {
  keepMemorySteady();
  // Standard output holds the one line that says where it is; the log goes beside it.
  const logger = pino(
    { level: readLogLevel(environment), base: null },
    destination({ dest: 2, sync: true }),
  );
  const told = stopSignal();
  const running = await runCollector({
    flags,
    environment,
    clock: systemClock,
    logger,
    ids: systemId,
    random: systemRandom,
  });
  process.stdout.write(`${JSON.stringify(running.ready)}\n`);
  logger.info({ url: running.ready.url }, "listening");
  const signal = await told;
  logger.info({ signal }, "draining");
  await running.close();
}

/** The first of the signals that ask a program to end; a second one ends it at once. */
function stopSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.once(signal, () => {
      resolve(signal);
      process.once(signal, () => process.exit(1));
    });
  }
  return promise;
}

async function guarded(command: () => Promise<void>): Promise<void> {
  try {
    await command();
    process.exit(0);
  } catch (error) {
    process.stderr.write(failureText(error));
    process.exit(exitCodeOf(error));
  }
}

function print(json: boolean, answer: object, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(answer)}\n` : text);
}
