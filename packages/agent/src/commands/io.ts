/** What a command writes to, and how it ends. */

import { styleText } from "node:util";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";

export type CommandIo = {
  /** Results, for people or with `--json` for programs. */
  readonly out: (text: string) => void;
  /** Progress and faults. */
  readonly error: (text: string) => void;
  /** A person watches standard error. */
  readonly isWatched: boolean;
  /** A person reads standard output: colours are welcome. */
  readonly isColoured: boolean;
};

/** 0: done. 1: done in part, see what was printed. 2: a wrong setting or flag. 3: the agent does not answer. 70: the journal failed. */
export type ExitCode = 0 | 1 | 2 | 3 | 70;

export type Style = (
  style: "bold" | "dim" | "green" | "yellow" | "red" | "cyan",
  text: string,
) => string;

export function styleOf(io: CommandIo): Style {
  return (style, text) =>
    io.isColoured ? styleText(style, text, { validateStream: false }) : text;
}

/** What happened with its code, then the next step; for programs the same three as JSON. */
export function errorText(error: unknown, json: boolean): string {
  if (json) return `${JSON.stringify(errorJson(error))}\n`;
  if (!(error instanceof SubmeterError)) {
    return `internal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
  }
  return `submeter-agent: ${error.message} (${error.code})\n  → ${error.hint}\n`;
}

function errorJson(error: unknown): { code: string; detail: string; hint: string } {
  if (error instanceof SubmeterError) {
    return { code: error.code, detail: error.message, hint: error.hint };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { code: "internal", detail, hint: "report it with the agent's version" };
}

/** What a person has to change before it makes sense to try again. */
const settingCodes = new Set([
  "commit_delay_malformed",
  "endpoint_malformed",
  "file_exists",
  "file_unreadable",
  "flag_malformed",
  "interval_malformed",
  "key_malformed",
  "listen_malformed",
  "listen_not_loopback",
  "meter_changed",
  "meters_malformed",
  "proxy_malformed",
  "setting_ambiguous",
  "setting_missing",
  "state_of_other_installation",
  "switch_malformed",
  "token_malformed",
  "usage_malformed",
  "ways_malformed",
]);

export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof SubmeterError)) return 1;
  if (error.code === "agent_unreachable") return 3;
  if (error.code === "journal_unreadable") return 70;
  return settingCodes.has(error.code) ? 2 : 1;
}
