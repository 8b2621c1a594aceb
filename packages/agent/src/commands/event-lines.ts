/** Lines of NDJSON as events: each gets an id that is the same when the command is run again. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { parseStrictJson } from "@submeter/shared/wire/strict-json";

export type EventLine =
  | { readonly kind: "event"; readonly line: number; readonly json: string }
  | {
      readonly kind: "faulty";
      readonly line: number;
      readonly code: string;
      readonly detail: string;
      readonly hint: string;
    };

export type Naming = {
  /** For lines that name no source. */
  readonly source: string | null;
  /** The id of a line that has none; null: such lines cannot be told apart. */
  readonly idOf: ((line: number) => string) | null;
};

export const lineBytesMax = 64 * 1024;

/** Null for a blank line. */
export function readLine(text: string, line: number, naming: Naming): EventLine | null {
  if (text.trim() === "") return null;
  if (text.length > lineBytesMax) {
    const detail = `the line has more than ${lineBytesMax} characters`;
    return faulty(line, "line_too_long", detail, "write one event a line");
  }
  const json = parseStrictJson(Buffer.from(text));
  if (json.kind === "malformed") {
    return faulty(line, json.code, json.detail, 'write one JSON event a line: {"meter":…}');
  }
  const { value } = json;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return faulty(line, "event_malformed", "the line is no event", "write one JSON object a line");
  }
  const event = value as Record<string, unknown>;
  const id = event["id"] ?? naming.idOf?.(line);
  if (id === undefined || id === null) {
    return faulty(
      line,
      "id_missing",
      "the line has no id, so that a retry could count it twice",
      "give each line an id, count from a file, or name the stream with --source",
    );
  }
  const source = event["source"] ?? naming.source ?? undefined;
  return { kind: "event", line, json: JSON.stringify({ ...event, source, id }) };
}

/** The first 32 characters of the file's SHA-256 in hex, to name its lines. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest("hex").slice(0, 32);
}

function faulty(line: number, code: string, detail: string, hint: string): EventLine {
  return { kind: "faulty", line, code, detail, hint };
}
