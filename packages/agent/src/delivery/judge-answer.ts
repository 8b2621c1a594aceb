/**
 * Judges what came back: only a signed document of the pinned collector whose fields match what waits moves anything. Every
 * other answer, whatever its status, means "later".
 */

import { parseAnswerLine } from "@submeter/shared/wire/bundle";
import type { HmacKey } from "@submeter/shared/wire/key";
import { type SignatureMember, type Tag, verifyDocument } from "@submeter/shared/wire/document";
import { type Receipt, readReceipt } from "@submeter/shared/wire/receipt";
import { type State, readState } from "@submeter/shared/wire/state";
import { type Instant, parseInstant } from "@submeter/shared/time/instant";

/** The collector that this agent trusts, and the keys it proves itself with. */
export type Pins = { readonly collector: string; readonly publicKeys: readonly string[] };

export type SignedAnswer = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

export type Expectation = {
  readonly key: HmacKey;
  readonly pins: Pins | null;
  /** `issued_at` of the newest state held. */
  readonly newestIssuedAt: Instant | null;
  /** The digest of the waiting report of that name; null when none waits. */
  readonly waitingDigest: (journal: string, sequence: number) => string | null;
};

export type Judgement =
  | {
      readonly kind: "receipt";
      readonly receipt: Receipt;
      readonly recordedAt: Instant;
      readonly body: Uint8Array;
      /** Made with the key of the request at hand, and kept: both sides' word can be verified again. */
      readonly sub: SignatureMember;
      readonly proof: SignatureMember;
    }
  | { readonly kind: "state"; readonly state: State; readonly issuedAt: Instant }
  /** Verified, but older than what is held. */
  | { readonly kind: "stale" }
  /** Signed with this installation's key by a collector that is not the pinned one. */
  | { readonly kind: "other_collector"; readonly collector: string }
  | { readonly kind: "unsigned"; readonly code: string; readonly detail: string };

/** Its keys may have been rotated: a state that is proven by a pinned key says so, and one that is not stops delivery. */
export const proofKeyUnknown = "proof_key_unknown";

type Verified = { proofKey: string; sub: SignatureMember; proof: SignatureMember };

export function judgeReceipt(answer: SignedAnswer, expected: Expectation): Judgement {
  const verified = verify(answer, "submeter-receipt", expected.key);
  if ("code" in verified) return { kind: "unsigned", ...verified };
  const read = readReceipt(answer.body);
  if (read.kind !== "document") return unreadable(read);
  const receipt = read.document;
  if (receipt.installation !== expected.key.installation) {
    return unsigned("receipt_of_other_installation", "the receipt is of another installation");
  }
  const { pins } = expected;
  // Forgotten while the answer was on its way: it is no stranger's, and the next state says whose it is.
  if (pins === null) return unsigned("collector_unknown", "no collector is trusted at present");
  if (receipt.collector !== pins.collector) {
    return { kind: "other_collector", collector: receipt.collector };
  }
  if (!pins.publicKeys.includes(verified.proofKey)) {
    return unsigned(proofKeyUnknown, "its proof is by a key of the collector that is not pinned");
  }
  if (expected.waitingDigest(receipt.journal, receipt.sequence) !== receipt.digest) {
    return unsigned("receipt_of_other_report", "the receipt is of a report that does not wait");
  }
  return {
    kind: "receipt",
    receipt,
    recordedAt: parseInstant(receipt.recorded_at),
    body: answer.body,
    sub: verified.sub,
    proof: verified.proof,
  };
}

export function judgeState(answer: SignedAnswer, expected: Expectation): Judgement {
  const verified = verify(answer, "submeter-state", expected.key);
  if ("code" in verified) return { kind: "unsigned", ...verified };
  const read = readState(answer.body);
  if (read.kind !== "document") return unreadable(read);
  const state = read.document;
  if (state.installation !== expected.key.installation) {
    return unsigned("state_of_other_installation", "the state is of another installation");
  }
  // The first state vouches for itself; every later one by a key that was pinned before it.
  const { collector, publicKeys } = expected.pins ?? {
    collector: state.collector,
    publicKeys: state.public_keys,
  };
  if (state.collector !== collector || !publicKeys.includes(verified.proofKey)) {
    return { kind: "other_collector", collector: state.collector };
  }
  const issuedAt = parseInstant(state.issued_at);
  if (expected.newestIssuedAt !== null && issuedAt < expected.newestIssuedAt) {
    return { kind: "stale" };
  }
  return { kind: "state", state, issuedAt };
}

/** Each line of a bundle's answer, in order. */
export function judgeBundle(body: Uint8Array, expected: Expectation): Judgement[] {
  return [...linesOf(body)].map((line) => {
    const read = parseAnswerLine(line);
    if (read.kind === "malformed") return unsigned(read.code, read.detail);
    const judged = judgeReceipt(read.answer, expected);
    return judged.kind === "unsigned" && judged.code === "tag_mismatch"
      ? judgeState(read.answer, expected)
      : judged;
  });
}

function* linesOf(body: Uint8Array): Generator<Uint8Array> {
  const lineFeed = 0x0a;
  let start = 0;
  while (start < body.length) {
    const found = body.indexOf(lineFeed, start);
    const end = found === -1 ? body.length : found;
    if (end > start) yield body.subarray(start, end);
    start = end + 1;
  }
}

function verify(
  answer: SignedAnswer,
  tag: Tag,
  key: HmacKey,
): Verified | { code: string; detail: string } {
  const { headers, body } = answer;
  const { keyId, secret } = key;
  const verified = verifyDocument({ body, headers, tag, keyId, secret, proof: "required" });
  if (verified.kind === "refused") return { code: verified.code, detail: verified.detail };
  const { proofKey, sub, proof } = verified;
  if (proofKey === null || proof === null) throw new RangeError("a required proof is present");
  return { proofKey, sub, proof };
}

function unreadable(
  read:
    | { kind: "newer_version"; version: number }
    | { kind: "unreadable"; code: string; detail: string },
): Judgement {
  return read.kind === "newer_version"
    ? unsigned(
        "answer_newer",
        `the answer is of version ${read.version}, which this agent does not know`,
      )
    : unsigned(read.code, read.detail);
}

function unsigned(code: string, detail: string): Judgement {
  return { kind: "unsigned", code, detail };
}
