/** Proves a past statement: computes it again from its frozen inputs and compares the bytes. */

import { digestHex } from "../wire/digest.ts";
import {
  computeStatement,
  decodeStatement,
  encodeStatement,
  engineVersion,
} from "./compute-statement.ts";
import { decodeInputs, encodeInputs } from "./encode-inputs.ts";
import type { StatementInputs } from "./statement-inputs.ts";
import type { Statement } from "./statement.ts";

export type Replay =
  /** The same bytes. */
  | { readonly kind: "equal"; readonly engine: string }
  /** Other bytes, from another version of the engine: read the difference before you judge. */
  | {
      readonly kind: "engine_changed";
      readonly stored: Statement;
      readonly computed: Statement;
      readonly detail: string;
    }
  /** The inputs or the statement are not what was frozen, or the engine is not pure. */
  | { readonly kind: "broken"; readonly detail: string };

/** `inputs`: as frozen, bytes or read. `stored`: the statement's bytes as stored. Never throws. */
export function replay(inputs: StatementInputs | Uint8Array, stored: Uint8Array): Replay {
  try {
    return compared(inputs instanceof Uint8Array ? decodeInputs(inputs) : inputs, stored);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: "broken", detail: `it cannot be computed again: ${detail}` };
  }
}

function compared(inputs: StatementInputs, storedBytes: Uint8Array): Replay {
  const stored = decodeStatement(storedBytes);
  const digest = digestHex(encodeInputs(inputs));
  if (digest !== stored.inputs_digest) {
    const detail = `the inputs' digest is ${digest}, the statement was computed from ${stored.inputs_digest}`;
    return { kind: "broken", detail };
  }
  const computed = computeStatement(inputs, digest);
  if (sameBytes(encodeStatement(computed), storedBytes)) {
    return { kind: "equal", engine: engineVersion };
  }
  if (stored.engine !== computed.engine) {
    const detail = `engine ${stored.engine} came to ${stored.total}, engine ${computed.engine} comes to ${computed.total}`;
    return { kind: "engine_changed", stored, computed, detail };
  }
  const detail = `the same inputs and engine ${stored.engine} came to ${stored.total} and now come to ${computed.total}`;
  return { kind: "broken", detail };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
