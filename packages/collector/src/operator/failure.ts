/** A failure as the person at the terminal reads it: what, the code to look up, the next step. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";

import { ApiProblem, type Fault } from "./api-problem.ts";
import { CommandLineError } from "./command-line-error.ts";
import type { Paint } from "./text/paint.ts";

/** 2 for what was typed wrongly, 1 for what could not be done. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof CommandLineError ? 2 : 1;
}

export function failureText(error: unknown, paint: Paint): string {
  if (!(error instanceof SubmeterError)) return unexpectedText(error, paint);
  const lines = [`${paint.bad("✗")} ${error.message} ${paint.faint(`(${error.code})`)}`];
  if (error instanceof ApiProblem) {
    for (const fault of error.faults) lines.push(...faultLines(fault, paint));
  }
  if (error.hint !== "") lines.push(`  → ${error.hint}`);
  return lines.join("\n");
}

export function failureJson(error: unknown): unknown {
  if (error instanceof ApiProblem) return error.document;
  if (error instanceof SubmeterError) {
    return { code: error.code, detail: error.message, hint: error.hint };
  }
  return { code: "unexpected", detail: error instanceof Error ? error.message : String(error) };
}

function faultLines(fault: Fault, paint: Paint): string[] {
  const place = fault.path === "" ? "the document" : fault.path;
  const code = fault.code === undefined ? "" : ` ${paint.faint(`(${fault.code})`)}`;
  const lines = [`  ${paint.strong(place)}  ${fault.detail}${code}`];
  if (fault.hint !== undefined && fault.hint !== "") lines.push(`    → ${fault.hint}`);
  return lines;
}

function unexpectedText(error: unknown, paint: Paint): string {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${paint.bad("✗")} this should not have happened ${paint.faint("(unexpected)")}\n  ${detail}`;
}
