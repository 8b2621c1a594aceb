/** How a command ends: what it could not do is said on standard error, with the next step. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { ConfigurationError } from "../config.ts";

/** 2: a person has to put the call or the environment right. 1: it was right and failed. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof ConfigurationError ? 2 : 1;
}

export function failureText(error: unknown): string {
  if (error instanceof SubmeterError) {
    return `submeter-collector: ${error.message} (${error.code})\n  → ${error.hint}\n`;
  }
  return `submeter-collector: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
}
