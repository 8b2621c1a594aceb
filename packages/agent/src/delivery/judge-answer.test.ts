import { formatInstant } from "@submeter/shared/time/instant";
import { signDocument } from "@submeter/shared/wire/document";
import { proofSigner } from "@submeter/shared/wire/ed25519";
import { formatKey, parseKey } from "@submeter/shared/wire/key";
import { type Receipt, encodeReceipt } from "@submeter/shared/wire/receipt";
import { type State, encodeState } from "@submeter/shared/wire/state";
import { describe, expect, it } from "vitest";
import { type Expectation, judgeReceipt, judgeState } from "./judge-answer.ts";

const secret = new Uint8Array(32).fill(1);
const key = parseKey(formatKey("acme-prod", "1", secret));
const otherKey = parseKey(formatKey("acme-prod", "2", new Uint8Array(32).fill(2)));
const signer = proofSigner(new Uint8Array(32).fill(3));
const stranger = proofSigner(new Uint8Array(32).fill(4));
const journal = "00000000-0000-4000-8000-000000000001";
const digest = "a".repeat(64);
const issued = 1_767_607_200;

const expected: Expectation = {
  key,
  pins: { collector: "vendor", publicKeys: [signer.publicKey] },
  newestIssuedAt: issued,
  waitingDigest: (name, sequence) => (name === journal && sequence === 1 ? digest : null),
};

const receipt: Receipt = {
  version: 1,
  collector: "vendor",
  installation: "acme-prod",
  journal,
  sequence: 1,
  digest,
  outcome: "accepted",
  code: null,
  recorded_at: formatInstant(issued),
};

const state: State = {
  version: 1,
  collector: "vendor",
  installation: "acme-prod",
  revision: "r1",
  issued_at: formatInstant(issued),
  journals: [],
  report_due_hours: 72,
  public_keys: [signer.publicKey],
  covered_through: null,
  fallback_at: null,
};

type Signing = {
  body: Uint8Array;
  tag?: "submeter-receipt" | "submeter-state";
  key?: typeof key;
  proof?: typeof signer;
};

function signed(o: Signing) {
  const headers = signDocument({
    body: o.body,
    tag: o.tag ?? "submeter-receipt",
    created: issued,
    key: o.key ?? key,
    proof: o.proof ?? signer,
  });
  return { headers, body: o.body };
}

describe("an answer to a report", () => {
  it.each([
    { given: "the receipt", answer: signed({ body: encodeReceipt(receipt) }), outcome: "receipt" },
    {
      given: "a conflict's receipt",
      answer: signed({
        body: encodeReceipt({ ...receipt, outcome: "conflict", stored_digest: "b".repeat(64) }),
      }),
      outcome: "receipt",
    },
    {
      given: "a receipt with members of a later time",
      answer: signed({ body: Buffer.from(JSON.stringify({ ...receipt, later: 1 })) }),
      outcome: "receipt",
    },
    {
      given: "a receipt of another report",
      answer: signed({ body: encodeReceipt({ ...receipt, sequence: 2 }) }),
      outcome: "receipt_of_other_report",
    },
    {
      given: "a receipt of other bytes",
      answer: signed({ body: encodeReceipt({ ...receipt, digest: "b".repeat(64) }) }),
      outcome: "receipt_of_other_report",
    },
    {
      given: "a receipt of another installation",
      answer: signed({ body: encodeReceipt({ ...receipt, installation: "zeta" }) }),
      outcome: "receipt_of_other_installation",
    },
    {
      given: "a receipt under another key",
      answer: signed({ body: encodeReceipt(receipt), key: otherKey }),
      outcome: "signature_invalid",
    },
    {
      given: "a receipt of a staging copy",
      answer: signed({
        body: encodeReceipt({ ...receipt, collector: "staging" }),
        proof: stranger,
      }),
      outcome: "other_collector",
    },
    {
      given: "a receipt in the collector's name, proven by a key that is not pinned",
      answer: signed({ body: encodeReceipt(receipt), proof: stranger }),
      outcome: "proof_key_unknown",
    },
    {
      given: "a receipt without proof",
      answer: {
        headers: signDocument({
          body: encodeReceipt(receipt),
          tag: "submeter-receipt",
          created: issued,
          key,
        }),
        body: encodeReceipt(receipt),
      },
      outcome: "proof_missing",
    },
    {
      given: "half a receipt",
      answer: {
        ...signed({ body: encodeReceipt(receipt) }),
        body: encodeReceipt(receipt).subarray(0, 90),
      },
      outcome: "digest_mismatch",
    },
    {
      given: "a state in its place",
      answer: signed({ body: encodeState(state), tag: "submeter-state" }),
      outcome: "tag_mismatch",
    },
    {
      given: "a portal's page",
      answer: { headers: {}, body: Buffer.from("<html>") },
      outcome: "digest_missing",
    },
    {
      given: "a receipt of a later version",
      answer: signed({ body: Buffer.from(JSON.stringify({ ...receipt, version: 2 })) }),
      outcome: "answer_newer",
    },
  ])("that is $given: $outcome", ({ answer, outcome }) => {
    const judged = judgeReceipt(answer, expected);
    expect(judged.kind === "unsigned" ? judged.code : judged.kind).toBe(outcome);
  });

  it("is believed by nobody who has pinned nothing", () => {
    const answer = signed({ body: encodeReceipt(receipt) });
    expect(judgeReceipt(answer, { ...expected, pins: null })).toMatchObject({
      kind: "unsigned",
      code: "collector_unknown",
    });
  });
});

describe("a state", () => {
  const of = (changes: Partial<State>, signing: Partial<Signing> = {}) =>
    signed({ body: encodeState({ ...state, ...changes }), tag: "submeter-state", ...signing });

  it.each([
    { given: "of the pinned collector", answer: of({}), pins: expected.pins, outcome: "state" },
    { given: "that is the first, and proves itself", answer: of({}), pins: null, outcome: "state" },
    {
      given: "that is the first, and does not prove itself",
      answer: of({ public_keys: [stranger.publicKey] }),
      pins: null,
      outcome: "other_collector",
    },
    {
      given: "that rotates the keys",
      answer: of({ public_keys: [stranger.publicKey] }),
      pins: expected.pins,
      outcome: "state",
    },
    {
      given: "of another collector",
      answer: of({ collector: "staging", public_keys: [stranger.publicKey] }, { proof: stranger }),
      pins: expected.pins,
      outcome: "other_collector",
    },
    {
      given: "in the collector's name, proven by a key that is not pinned",
      answer: of({ public_keys: [stranger.publicKey] }, { proof: stranger }),
      pins: expected.pins,
      outcome: "other_collector",
    },
    {
      given: "older than the one held",
      answer: of({ issued_at: formatInstant(issued - 1) }),
      pins: expected.pins,
      outcome: "stale",
    },
    {
      given: "of another installation",
      answer: of({ installation: "zeta" }),
      pins: expected.pins,
      outcome: "state_of_other_installation",
    },
  ])("$given: $outcome", ({ answer, pins, outcome }) => {
    const judged = judgeState(answer, { ...expected, pins });
    expect(judged.kind === "unsigned" ? judged.code : judged.kind).toBe(outcome);
  });
});
