/** Problems: how a program of Submeter answers over HTTP when it says no (RFC 9457). */

import type { SubmeterError } from "./submeter-error.ts";

export const problemMediaType = "application/problem+json";

export type Problem = {
  /** `urn:submeter:problem:<code>`: a name, not an address, so that an answer never leads anywhere. */
  readonly type: string;
  /** The code in words: `key unknown`. */
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** The next step for the person who reads it. */
  readonly hint: string;
} & Readonly<Record<string, unknown>>;

/** `extra` adds members (such as `rejected` or `limit_bytes`); it cannot replace one of the six. */
export function problem(
  status: number,
  code: string,
  detail: string,
  hint: string,
  extra: Readonly<Record<string, unknown>> = {},
): Problem {
  return {
    ...extra,
    type: `urn:submeter:problem:${code}`,
    title: code.replaceAll("_", " "),
    status,
    code,
    detail,
    hint,
  };
}

export function problemOf(error: SubmeterError, status: number): Problem {
  return problem(status, error.code, error.message, error.hint);
}
