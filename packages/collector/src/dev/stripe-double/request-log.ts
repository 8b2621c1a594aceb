/**
 * The requests that took effect, one JSON line each, so that a double killed at any point comes back as it was: given the
 * seed, the same requests at the same times make the same objects, ids, numbers and stored answers.
 */

import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  truncateSync,
} from "node:fs";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Instant } from "@submeter/shared/time/instant";
import type { FaultMode } from "./faults.ts";

export type LoggedRequest = {
  readonly at: Instant;
  readonly method: string;
  readonly path: string;
  readonly form: string;
  readonly key: string | null;
  readonly fault: FaultMode | null;
};

export type RequestLog = {
  /** Before the effect: what is on file and was never answered, the client looks for and finds. */
  append(request: LoggedRequest): void;
  close(): void;
};

/** A double that forgets when it ends. */
export const noRequestLog: RequestLog = { append: () => {}, close: () => {} };

/** Opens or begins the file; `before` is what it held. Throws `double_file_unreadable`. */
export function openRequestLog(
  file: string,
  seed: string,
): { readonly log: RequestLog; readonly before: readonly LoggedRequest[] } {
  const header = JSON.stringify({ stripe_double: 1, seed });
  const before = existsSync(file) ? readLines(file, header) : null;
  const descriptor = openSync(file, "a", 0o600);
  const write = (line: string) => appendFileSync(descriptor, `${line}\n`);
  if (before === null) write(header);
  return {
    log: {
      append: (request) => write(JSON.stringify(request)),
      close: () => closeSync(descriptor),
    },
    before: before ?? [],
  };
}

/** Null for a file in which not even the header is whole. A last line without its end is cut off. */
function readLines(file: string, header: string): readonly LoggedRequest[] | null {
  const text = readFileSync(file, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  const [first, ...lines] = whole.split("\n").slice(0, -1);
  if (first === undefined) return null;
  if (first !== header) throw unreadable(file);
  try {
    return lines.map((line) => JSON.parse(line) as LoggedRequest);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause?: unknown): SubmeterError {
  return new SubmeterError(
    "double_file_unreadable",
    `${file} is not the file of this Stripe double`,
    "delete it together with the development database that belongs to it, and start again",
    { cause },
  );
}
