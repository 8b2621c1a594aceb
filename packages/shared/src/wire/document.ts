/**
 * Signed documents: an RFC 9421 signature over nothing but `content-digest`, so that the same bytes and headers
 * mean the same over HTTP and in a file, today and in ten years.
 */

import type { Instant } from "../time/instant.ts";
import { base64 } from "./base64.ts";
import { contentDigest, isContentDigest } from "./digest.ts";
import { verifyProof } from "./ed25519.ts";
import type { ProofSigner } from "./ed25519.ts";
import { mac, macFits } from "./mac.ts";
import { readMember, readSignatures } from "./signature-fields.ts";
import type { SignatureField, SignatureMember } from "./signature-fields.ts";

export type { SignatureMember } from "./signature-fields.ts";

export type Tag = "submeter-report" | "submeter-receipt" | "submeter-state" | "submeter-hello";

export type SignatureHeaders = {
  "content-digest": string;
  "signature-input": string;
  signature: string;
};

export type MacKey = { readonly keyId: string; readonly secret: Uint8Array };

export type Verified = {
  kind: "verified";
  keyId: string;
  /** What the signer's clock said: information, never policy. */
  created: Instant | null;
  /** The public key that `proof` was made with, and verified against; null without `proof`. */
  proofKey: string | null;
  /** Both as they came, to be stored with the document. */
  sub: SignatureMember;
  proof: SignatureMember | null;
};

export type RefusalCode =
  | "digest_missing"
  | "digest_malformed"
  | "digest_mismatch"
  | "signature_missing"
  | "signature_malformed"
  | "algorithm_refused"
  | "tag_mismatch"
  | "signature_invalid"
  | "proof_missing"
  | "proof_invalid";

export type Refused = { kind: "refused"; code: RefusalCode; detail: string };

const encoder = new TextEncoder();

/** `sub`: HMAC-SHA-256 with a key that both sides hold. `digest` is the value of `content-digest`. */
export function signSub(o: {
  digest: string;
  tag: Tag;
  created: Instant;
  key: MacKey;
}): SignatureMember {
  const parameters = parametersOf({ ...o, keyId: o.key.keyId, algorithm: "hmac-sha256" });
  return member("sub", parameters, mac(o.key.secret, baseBytes(o.digest, parameters)));
}

/** `proof`: Ed25519, which convinces anybody who knows the public key. */
export function signProof(o: {
  digest: string;
  tag: Tag;
  created: Instant;
  signer: ProofSigner;
}): SignatureMember {
  const parameters = proofParameters(o);
  return member("proof", parameters, o.signer.sign(baseBytes(o.digest, parameters)));
}

/** As {@link signProof}, on a thread of its own. */
export async function signProofAside(o: {
  digest: string;
  tag: Tag;
  created: Instant;
  signer: ProofSigner;
}): Promise<SignatureMember> {
  const parameters = proofParameters(o);
  return member("proof", parameters, await o.signer.signAside(baseBytes(o.digest, parameters)));
}

/** The three headers of a document with these signatures, in this order. */
export function joinSignatures(
  digest: string,
  members: readonly SignatureMember[],
): SignatureHeaders {
  return {
    "content-digest": digest,
    "signature-input": members.map((member) => member.input).join(", "),
    signature: members.map((member) => member.signature).join(", "),
  };
}

/** Signs with `sub`, and with `proof` when a signer is given. */
export function signDocument(o: {
  body: Uint8Array;
  tag: Tag;
  created: Instant;
  key: MacKey;
  proof?: ProofSigner;
}): SignatureHeaders {
  const common = { digest: contentDigest(o.body), tag: o.tag, created: o.created };
  const sub = signSub({ ...common, key: o.key });
  if (o.proof === undefined) return joinSignatures(common.digest, [sub]);
  return joinSignatures(common.digest, [sub, signProof({ ...common, signer: o.proof })]);
}

/** The key id of `sub`, unverified, to look the secret up; null when it cannot be read. */
export function claimedKeyId(headers: Partial<SignatureHeaders>): string | null {
  const read = readSignatures(headers["signature-input"], headers.signature);
  return read.kind === "fields" ? read.sub.keyId : null;
}

/**
 * Verifies the digest against the body, then `sub` with the secret, then `proof` with the key it names. Whether
 * that key is the right one (pinned, or the journal's own) is the caller's to decide from `proofKey`.
 */
export function verifyDocument(o: {
  body: Uint8Array;
  headers: Partial<SignatureHeaders>;
  tag: Tag;
  keyId: string;
  secret: Uint8Array;
  proof: "required" | "optional";
}): Verified | Refused {
  const digest = o.headers["content-digest"];
  if (digest === undefined) {
    return refused("digest_missing", "the header content-digest is missing");
  }
  const read = readSignatures(o.headers["signature-input"], o.headers.signature);
  if (read.kind === "malformed") return refused(read.code, read.detail);
  const { sub, proof } = read;
  const fault =
    checkDigest(digest, o.body) ??
    checkField(sub, "hmac-sha256", o.tag) ??
    checkSub(sub, digest, o) ??
    (proof === null ? checkAbsence(o.proof) : checkProof(proof, digest, o.tag));
  if (fault !== null) return fault;
  return {
    kind: "verified",
    keyId: sub.keyId,
    created: sub.created,
    proofKey: proof?.keyId ?? null,
    sub: sub.member,
    proof: proof?.member ?? null,
  };
}

/** One signature by itself, as it is kept beside a document: `proof` by the key that it names, `sub` by `key`. */
export function verifyMember(o: {
  body: Uint8Array;
  tag: Tag;
  member: SignatureMember;
  key: MacKey | null;
}): { kind: "verified"; keyId: string } | Refused {
  const digest = contentDigest(o.body);
  const field = readMember(o.member);
  if (field === null) return refused("signature_malformed", `${o.member.label} cannot be read`);
  const fault =
    field.member.label === "proof"
      ? checkProof(field, digest, o.tag)
      : (checkField(field, "hmac-sha256", o.tag) ??
        (o.key === null ? null : checkSub(field, digest, o.key)));
  return fault ?? { kind: "verified", keyId: field.keyId };
}

/** RFC 9421, section 2.5: one line for the component, one for the parameters, no line end after the last. */
export function signatureBase(digest: string, parameters: string): string {
  return `"content-digest": ${digest}\n"@signature-params": ${parameters}`;
}

function proofParameters(o: { tag: Tag; created: Instant; signer: ProofSigner }): string {
  return parametersOf({ ...o, keyId: o.signer.publicKey, algorithm: "ed25519" });
}

/** The one spelling that signature-fields.ts reads. A test holds it against a library of others. */
function parametersOf(o: {
  tag: Tag;
  created: Instant;
  keyId: string;
  algorithm: "hmac-sha256" | "ed25519";
}): string {
  return `("content-digest");created=${o.created};keyid="${o.keyId}";alg="${o.algorithm}";tag="${o.tag}"`;
}

function baseBytes(digest: string, parameters: string): Uint8Array {
  return encoder.encode(signatureBase(digest, parameters));
}

function member(label: "sub" | "proof", parameters: string, bytes: Uint8Array): SignatureMember {
  return { label, input: `${label}=${parameters}`, signature: `${label}=:${base64(bytes)}:` };
}

function checkDigest(digest: string, body: Uint8Array): Refused | null {
  if (digest === undefined)
    return refused("digest_missing", "the header content-digest is missing");
  if (!isContentDigest(digest)) {
    return refused("digest_malformed", "content-digest is not exactly one sha-256");
  }
  if (digest !== contentDigest(body)) {
    return refused("digest_mismatch", "content-digest is not the digest of the body's bytes");
  }
  return null;
}

function checkField(field: SignatureField, algorithm: string, tag: Tag): Refused | null {
  if (field.algorithm !== algorithm) {
    return refused("algorithm_refused", `${field.member.label} must name alg="${algorithm}"`);
  }
  if (field.tag !== tag) {
    return refused("tag_mismatch", `${field.member.label} must name tag="${tag}"`);
  }
  return null;
}

function checkSub(
  sub: SignatureField,
  digest: string,
  key: { keyId: string; secret: Uint8Array },
): Refused | null {
  const base = encoder.encode(signatureBase(digest, sub.parameters));
  // The MAC is computed whichever key is named, so that the time taken tells nothing about which of the two failed.
  const fits = macFits(key.secret, base, sub.signature);
  return fits && sub.keyId === key.keyId
    ? null
    : refused("signature_invalid", "the signature sub was not made with this key");
}

function checkAbsence(proof: "required" | "optional"): Refused | null {
  return proof === "optional"
    ? null
    : refused("proof_missing", "the second signature, proof, is missing");
}

function checkProof(proof: SignatureField, digest: string, tag: Tag): Refused | null {
  const fault = checkField(proof, "ed25519", tag);
  if (fault !== null) return fault;
  const base = encoder.encode(signatureBase(digest, proof.parameters));
  return verifyProof(proof.keyId, base, proof.signature)
    ? null
    : refused("proof_invalid", "the signature proof was not made with the key that it names");
}

function refused(code: RefusalCode, detail: string): Refused {
  return { kind: "refused", code, detail };
}
