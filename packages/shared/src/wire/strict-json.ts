/** JSON as RFC 8259 has it, with what parsers usually forgive refused: malformed UTF-8 and duplicate members. */

export type StrictJson =
  | { kind: "value"; value: unknown }
  | {
      kind: "malformed";
      code: "utf8_malformed" | "json_malformed" | "json_duplicate_member";
      detail: string;
    };

/** Deeper than any document; it bounds what a hostile text of brackets can cost. */
export const jsonDepthMax = 64;

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const brackets = { open: 0x5b, close: 0x5d };
const braces = { open: 0x7b, close: 0x7d };

/** A byte-order mark is not JSON and is refused. */
export function parseStrictJson(bytes: Uint8Array): StrictJson {
  let text: string;
  try {
    // Not shared between calls: a fatal decoder that threw keeps no promise about its state.
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { kind: "malformed", code: "utf8_malformed", detail: "the bytes are not UTF-8" };
  }
  const structure = scan(bytes);
  if (structure.depth > jsonDepthMax) {
    return malformed(`it is nested more than ${jsonDepthMax} deep`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return malformed(positionOf(error));
  }
  if (structure.members !== countMembers(value)) {
    return {
      kind: "malformed",
      code: "json_duplicate_member",
      detail: "an object has two members of one name",
    };
  }
  return { kind: "value", value };
}

function malformed(detail: string): StrictJson {
  return { kind: "malformed", code: "json_malformed", detail };
}

/** The parser's message may quote the text, which may be a secret or a person's: only its position is kept. */
function positionOf(error: unknown): string {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
  return position === undefined ? "it is not JSON" : `it is not JSON from character ${position} on`;
}

/** Counts the colons outside of strings, which is how many members the text writes, and the nesting. */
function scan(bytes: Uint8Array): { members: number; depth: number } {
  let members = 0;
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (inString) {
      if (byte === backslash) index += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === colon) members += 1;
    else if (byte === brackets.open || byte === braces.open) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === brackets.close || byte === braces.close) depth -= 1;
  }
  return { members, depth: deepest };
}

/**
 * How many members the parsed value has. JSON.parse keeps the last of two members of one name, after it has
 * resolved escapes (`"\u0061"` is `"a"`), so fewer members than colons means that one was written twice.
 */
function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let members = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const child of Object.values(value)) members += countMembers(child);
  return members;
}
