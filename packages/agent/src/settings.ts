/** One setting at a time: from a flag, an environment variable, or a file that `…_FILE` names. */

import { readFileSync } from "node:fs";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";

/** Flags by the name of the variable that they mirror; a flag wins over the environment. */
export type Flags = Readonly<Partial<Record<Setting, string | undefined>>>;

export type Setting =
  | "TELEMETRY_ENDPOINT"
  | "TELEMETRY_HMAC_KEY"
  | "TELEMETRY_INTERVAL_SECONDS"
  | "TELEMETRY_CA_FILE"
  | "TELEMETRY_CLIENT_CERT_FILE"
  | "TELEMETRY_CLIENT_KEY_FILE"
  | "SUBMETER_AGENT_STATE"
  | "SUBMETER_AGENT_LISTEN"
  | "SUBMETER_AGENT_SOCKET"
  | "SUBMETER_AGENT_TOKEN"
  | "SUBMETER_AIR_GAPPED"
  | "SUBMETER_COMMIT_DELAY_MS"
  | "SUBMETER_METERS"
  | "SUBMETER_WAYS";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings whose value may lie in a file that `…_FILE` names, as container platforms hand secrets over. */
const fromFiles: ReadonlySet<Setting> = new Set<Setting>([
  "TELEMETRY_ENDPOINT",
  "TELEMETRY_HMAC_KEY",
  "TELEMETRY_INTERVAL_SECONDS",
  "SUBMETER_AGENT_TOKEN",
]);

/** Undefined when it is not set. Throws `setting_ambiguous`, `file_unreadable`. */
export function readSetting(
  name: Setting,
  environment: Environment,
  flags: Flags,
): string | undefined {
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

export function readText(setting: string, path: string): string {
  return readBytes(setting, path).toString("utf8");
}

/** `setting` is named in the error. Throws `file_unreadable`. */
export function readBytes(setting: string, path: string): Buffer {
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
