/** The agent's configuration: environment variables, files that hold their values, and flags that mirror them. */

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { type MeterFile, readMeterFile } from "@submeter/shared/metering/meter-file";
import { type EndpointPaths, endpointPaths } from "@submeter/shared/wire/endpoint";
import { type HmacKey, parseKey } from "@submeter/shared/wire/key";

export type ListenAddress = { readonly host: string; readonly port: number };

export type AgentConfig = {
  readonly endpoint: EndpointPaths;
  readonly key: HmacKey;
  /** How often a report is sealed; windows stay hours. */
  readonly intervalSeconds: number;
  readonly stateDirectory: string;
  readonly listen: ListenAddress;
  readonly meters: MeterFile;
  /** PEM of a private authority; null for the public ones. */
  readonly certificateAuthority: string | null;
};

/** Flags by the name of the variable that they mirror; a flag wins over the environment. */
export type Flags = Readonly<Partial<Record<Setting, string | undefined>>>;

export type Setting =
  | "TELEMETRY_ENDPOINT"
  | "TELEMETRY_HMAC_KEY"
  | "TELEMETRY_INTERVAL_SECONDS"
  | "TELEMETRY_CA_FILE"
  | "SUBMETER_AGENT_STATE"
  | "SUBMETER_AGENT_LISTEN"
  | "SUBMETER_METERS";

export type Environment = Readonly<Record<string, string | undefined>>;

export const listenDefault = "127.0.0.1:7070";
const intervalSecondsDefault = 3600;
const stateDirectoryDefault = "/var/lib/submeter-agent";
const metersFileDefault = "meters.json";

/** Reads everything that `run` needs, files included. Throws SubmeterErrors that never repeat a secret. */
export function readConfig(environment: Environment, flags: Flags): AgentConfig {
  const setting = (name: Setting): string | undefined => readSetting(name, environment, flags);
  const endpoint = setting("TELEMETRY_ENDPOINT") ?? missing("TELEMETRY_ENDPOINT", endpointHint);
  const key = setting("TELEMETRY_HMAC_KEY") ?? missing("TELEMETRY_HMAC_KEY", keyHint);
  const authorityFile = setting("TELEMETRY_CA_FILE");
  return {
    endpoint: endpointPaths(endpoint),
    key: parseKey(key),
    intervalSeconds: readInterval(setting("TELEMETRY_INTERVAL_SECONDS")),
    stateDirectory: resolve(setting("SUBMETER_AGENT_STATE") ?? stateDirectoryDefault),
    listen: readListen(environment, flags),
    meters: readMeters(setting("SUBMETER_METERS") ?? metersFileDefault),
    certificateAuthority:
      authorityFile === undefined ? null : readText("TELEMETRY_CA_FILE", authorityFile),
  };
}

/** Where the agent listens: all that its other commands need to know. Throws `listen_malformed`, `listen_not_loopback`. */
export function readListen(environment: Environment, flags: Flags): ListenAddress {
  const text = readSetting("SUBMETER_AGENT_LISTEN", environment, flags) ?? listenDefault;
  const match = /^(?:(\[[0-9a-fA-F:]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new SubmeterError(
      "listen_malformed",
      `SUBMETER_AGENT_LISTEN is ${JSON.stringify(text)}, which is no address`,
      `write host and port, such as ${listenDefault}`,
    );
  }
  const host = (match[1] ?? "127.0.0.1").replaceAll(/[[\]]/g, "");
  if (host !== "localhost" && host !== "::1" && !/^127(\.\d{1,3}){3}$/.test(host)) {
    throw new SubmeterError(
      "listen_not_loopback",
      `SUBMETER_AGENT_LISTEN is ${JSON.stringify(text)}, which other machines can reach`,
      `listen on loopback (${listenDefault}) and run one agent beside each product`,
    );
  }
  return { host, port };
}

/** `http://127.0.0.1:7070` */
export function urlOf({ host, port }: ListenAddress): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export function journalFile(stateDirectory: string): string {
  return join(stateDirectory, "journal.sqlite");
}

/** Settings whose value may lie in a file that `…_FILE` names, as container platforms hand secrets over. */
const fromFiles: ReadonlySet<Setting> = new Set<Setting>([
  "TELEMETRY_ENDPOINT",
  "TELEMETRY_HMAC_KEY",
  "TELEMETRY_INTERVAL_SECONDS",
]);

const endpointHint = "set it to the URL that the vendor gave you";
const keyHint = "set it to the key that the vendor gave you (smk_…), or …_FILE to a file with it";

function readSetting(name: Setting, environment: Environment, flags: Flags): string | undefined {
  const flag = flags[name];
  if (flag !== undefined) return flag;
  const value = present(environment[name]);
  const file = fromFiles.has(name) ? present(environment[`${name}_FILE`]) : undefined;
  if (value !== undefined && file !== undefined) {
    throw new SubmeterError(
      "setting_ambiguous",
      `${name} and ${name}_FILE are both set`,
      "keep one of the two",
    );
  }
  return file === undefined ? value : readText(`${name}_FILE`, file).trim();
}

/** A variable that is set to nothing is not set: templates leave such behind. */
function present(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value.trim();
}

function readInterval(text: string | undefined): number {
  if (text === undefined) return intervalSecondsDefault;
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 10 && seconds <= 86_400) return seconds;
  throw new SubmeterError(
    "interval_malformed",
    `TELEMETRY_INTERVAL_SECONDS is ${JSON.stringify(text)}`,
    "set it to whole seconds from 10 to 86400; 3600 is usual",
  );
}

function readMeters(path: string): MeterFile {
  const file = readMeterFile(readBytes("SUBMETER_METERS", path));
  const [fault] = file.faults;
  if (fault === undefined) return file;
  const more = file.faults.length === 1 ? "" : ` (and ${file.faults.length - 1} more)`;
  throw new SubmeterError(
    "meters_malformed",
    `${path}: ${fault.detail} [${fault.code}]${more}`,
    fault.hint,
  );
}

function readText(setting: string, path: string): string {
  return readBytes(setting, path).toString("utf8");
}

function readBytes(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SubmeterError(
      "file_unreadable",
      `${setting} names ${path}, which cannot be read (${code ?? "unknown reason"})`,
      "check the path and that the agent's user may read it",
      { cause: error },
    );
  }
}

function missing(name: Setting, hint: string): never {
  throw new SubmeterError("setting_missing", `${name} is not set`, hint);
}
