/** What the verbs of the command line have in common: their options, and where they find what they work with. */

import type { Readable } from "node:stream";
import type { Argv } from "yargs";
import type { CommandIo } from "../commands/io.ts";
import { type LocalAgent, localAgent } from "../commands/local-agent.ts";
import { listenDefault, readListen, readToken } from "../listen-address.ts";
import type { Environment, Flags } from "../settings.ts";

export type VerbContext = {
  readonly io: CommandIo;
  readonly environment: Environment;
  readonly standardInput: Readable;
  /** The command's exit code. */
  readonly endWith: (code: number | Promise<number>) => Promise<void>;
};

/** Adds one verb to the program. */
export type Verb = (program: Argv, context: VerbContext) => Argv;

export type Common = { listen: string | undefined; json: boolean };

export const jsonOption = {
  type: "boolean",
  default: false,
  describe: "Print JSON for programs",
} as const;

export const listenOption = {
  type: "string",
  requiresArg: true,
  describe: `Where the agent listens, on loopback [SUBMETER_AGENT_LISTEN, ${listenDefault}]`,
} as const;

export function text(describe: string) {
  return { type: "string", requiresArg: true, describe } as const;
}

export const metersOption = text(
  "The file that declares the meters [SUBMETER_METERS, meters.json]",
);

export const stateOption = text(
  "The agent's own folder [SUBMETER_AGENT_STATE, /var/lib/submeter-agent]",
);

/** Of the verbs that ask the running agent. */
export function localOptions(y: Argv): Argv<Common> {
  return y.option("listen", listenOption).option("json", jsonOption);
}

export function agentAt(environment: Environment, listen: string | undefined): LocalAgent {
  const address = readListen(environment, { SUBMETER_AGENT_LISTEN: listen });
  return localAgent(address, readToken(environment, {}));
}

/** Everything that can be set, as flags that mirror the environment. */
export function settingOptions(y: Argv) {
  return y
    .option("endpoint", text("The vendor's URL [TELEMETRY_ENDPOINT]"))
    .option("key-file", text("A file with the installation's key [TELEMETRY_HMAC_KEY_FILE]"))
    .option(
      "interval-seconds",
      text("How often a report is sealed [TELEMETRY_INTERVAL_SECONDS, 3600]"),
    )
    .option("ca-file", text("PEM of a private certificate authority [TELEMETRY_CA_FILE]"))
    .option(
      "client-cert-file",
      text("PEM of a certificate that the vendor asks for [TELEMETRY_CLIENT_CERT_FILE]"),
    )
    .option("client-key-file", text("PEM of its key [TELEMETRY_CLIENT_KEY_FILE]"))
    .option("state", stateOption)
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
export function settingsOf(
  given: Environment,
  argv: SettingArguments,
): { environment: Environment; flags: Flags } {
  const flags: Flags = {
    TELEMETRY_ENDPOINT: argv.endpoint,
    TELEMETRY_INTERVAL_SECONDS: argv.intervalSeconds,
    TELEMETRY_CA_FILE: argv.caFile,
    TELEMETRY_CLIENT_CERT_FILE: argv.clientCertFile,
    TELEMETRY_CLIENT_KEY_FILE: argv.clientKeyFile,
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
  return { environment: { ...given, ...keyFile }, flags };
}
