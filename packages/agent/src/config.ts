/** The agent's configuration: environment variables, files that hold their values, and flags that mirror them. */

import { join, resolve } from "node:path";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { type MeterFile, readMeterFile } from "@submeter/shared/metering/meter-file";
import { type EndpointPaths, endpointPaths } from "@submeter/shared/wire/endpoint";
import { type HmacKey, parseKey } from "@submeter/shared/wire/key";
import { type ListenAddress, readListen, readToken } from "./listen-address.ts";
import { type Network, readNetwork } from "./network.ts";
import { type Environment, type Flags, type Setting, readBytes, readSetting } from "./settings.ts";
import { type Ways, noWays, readWays } from "./ways.ts";

export type AgentConfig = Network & {
  readonly endpoint: EndpointPaths;
  readonly key: HmacKey;
  /** How often a report is sealed; windows stay hours. */
  readonly intervalSeconds: number;
  /** How long a commit waits for more requests to share it; 0 when left out: to the end of the event loop's turn. */
  readonly commitDelayMs?: number;
  readonly stateDirectory: string;
  readonly listen: ListenAddress;
  readonly meters: MeterFile;
  /** No socket is opened outward: reports leave as files. */
  readonly airGapped?: boolean;
  /** Besides JSON over the address; none when left out. */
  readonly ways?: Ways;
};

const intervalSecondsDefault = 3600;
const stateDirectoryDefault = "/var/lib/submeter-agent";
const metersFileDefault = "meters.json";

/** Reads everything that `run` needs, files included. Throws SubmeterErrors that never repeat a secret. */
export function readConfig(environment: Environment, flags: Flags): AgentConfig {
  const setting = (name: Setting): string | undefined => readSetting(name, environment, flags);
  const airGapped = readSwitch("SUBMETER_AIR_GAPPED", setting("SUBMETER_AIR_GAPPED"));
  const endpoint =
    setting("TELEMETRY_ENDPOINT") ??
    (airGapped ? nowhere : missing("TELEMETRY_ENDPOINT", endpointHint));
  const key = setting("TELEMETRY_HMAC_KEY") ?? missing("TELEMETRY_HMAC_KEY", keyHint);
  const meters = readMeters(setting("SUBMETER_METERS") ?? metersFileDefault);
  const token = readToken(environment, flags);
  const waysFile = setting("SUBMETER_WAYS");
  const ways =
    waysFile === undefined
      ? noWays
      : readWays(readBytes("SUBMETER_WAYS", waysFile), meters, token !== null);
  return {
    endpoint: endpointPaths(endpoint),
    key: parseKey(key),
    intervalSeconds: readInterval(setting("TELEMETRY_INTERVAL_SECONDS")),
    commitDelayMs: readCommitDelay(setting("SUBMETER_COMMIT_DELAY_MS")),
    stateDirectory: readStateDirectory(environment, flags),
    listen: readListen(environment, flags),
    meters,
    ...readNetwork(environment, flags),
    airGapped,
    ways: { ...ways, socket: setting("SUBMETER_AGENT_SOCKET") ?? null, token },
  };
}

/** The agent's own folder: all that some commands need to know. */
export function readStateDirectory(environment: Environment, flags: Flags): string {
  return resolve(readSetting("SUBMETER_AGENT_STATE", environment, flags) ?? stateDirectoryDefault);
}

/** Null where none is set: what can be done without it is done. Throws `key_malformed`. */
export function readKeyIfAny(environment: Environment): HmacKey | null {
  const key = readSetting("TELEMETRY_HMAC_KEY", environment, {});
  return key === undefined ? null : parseKey(key);
}

export function journalFile(stateDirectory: string): string {
  return join(stateDirectory, "journal.sqlite");
}

const endpointHint = "set it to the URL that the vendor gave you";
const keyHint = "set it to the key that the vendor gave you (smk_…), or …_FILE to a file with it";

/** An air-gapped agent needs no endpoint; this name leads nowhere for ever (RFC 6761, section 6.4). */
const nowhere = "https://air-gapped.invalid";

function readSwitch(name: Setting, text: string | undefined): boolean {
  if (text === undefined || text === "false") return false;
  if (text === "true") return true;
  throw new SubmeterError(
    "switch_malformed",
    `${name} is ${JSON.stringify(text)}`,
    "set it to true or false",
  );
}

function readCommitDelay(text: string | undefined): number {
  if (text === undefined) return 0;
  if (/^\d{1,3}$/.test(text) && Number(text) <= 100) return Number(text);
  throw new SubmeterError(
    "commit_delay_malformed",
    `SUBMETER_COMMIT_DELAY_MS is ${JSON.stringify(text)}`,
    "set it to whole milliseconds from 0 to 100; 0 is usual",
  );
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

/** The declared meters alone: all that some commands need to know. */
export function readDeclaredMeters(environment: Environment, flags: Flags): MeterFile {
  return readMeters(readSetting("SUBMETER_METERS", environment, flags) ?? metersFileDefault);
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

function missing(name: Setting, hint: string): never {
  throw new SubmeterError("setting_missing", `${name} is not set`, hint);
}
