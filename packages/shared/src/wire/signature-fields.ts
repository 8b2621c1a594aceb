/**
 * Reads `signature-input` and `signature` in the one spelling that the wire admits: the serialization that
 * RFC 9651 prescribes, with exactly our component and parameters.
 *
 * http-message-sig verifies as well, but only asynchronously, one label at a time, and it forgives what the wire
 * refuses (another order, further components, parameters and labels). A test holds that it agrees on all that
 * passes here.
 */

import type { Instant } from "../time/instant.ts";
import { base64Of32Bytes, base64Of64Bytes, bytesOfBase64 } from "./base64.ts";

/** One dictionary member of each header, label included, as it is sent and stored. */
export type SignatureMember = { label: "sub" | "proof"; input: string; signature: string };

export type SignatureField = {
  readonly member: SignatureMember;
  /** `("content-digest");created=…;keyid=…;alg=…;tag=…`, as the signature base repeats it. */
  readonly parameters: string;
  readonly created: Instant;
  readonly keyId: string;
  /** Null when absent, which is refused like a foreign one. */
  readonly algorithm: string | null;
  readonly tag: string;
  readonly signature: Uint8Array;
};

export type SignatureFields =
  | { kind: "fields"; sub: SignatureField; proof: SignatureField | null }
  | { kind: "malformed"; code: "signature_missing" | "signature_malformed"; detail: string };

/** Two members of the longest spelling stay below it. */
const headerLengthMax = 1024;

const inputGrammar =
  /^(sub|proof)=(\("content-digest"\);created=(0|[1-9][0-9]{0,11});keyid="([A-Za-z0-9._-]{1,127})"(?:;alg="([a-z0-9-]{1,64})")?;tag="([a-z0-9-]{1,64})")$/;
const signatureGrammar = new RegExp(
  `^(?:(sub)=:(${base64Of32Bytes}):|(proof)=:(${base64Of64Bytes}):)$`,
);

export function readSignatures(
  inputHeader: string | undefined,
  signatureHeader: string | undefined,
): SignatureFields {
  if (inputHeader === undefined || signatureHeader === undefined) {
    return malformed("signature_missing", "signature-input and signature must both be present");
  }
  if (inputHeader.length > headerLengthMax || signatureHeader.length > headerLengthMax) {
    return malformed(
      "signature_malformed",
      `a header is longer than ${headerLengthMax} characters`,
    );
  }
  const signatures = new Map<string, { text: string; bytes: Uint8Array }>();
  for (const text of members(signatureHeader)) {
    const match = signatureGrammar.exec(text);
    const label = match?.[1] ?? match?.[3];
    if (label === undefined || signatures.has(label)) return malformedField("signature");
    signatures.set(label, { text, bytes: bytesOfBase64(match?.[2] ?? match?.[4] ?? "") });
  }
  const fields = new Map<string, SignatureField>();
  for (const text of members(inputHeader)) {
    const field = readField(text, signatures);
    if (field === null || fields.has(field.member.label)) return malformedField("signature-input");
    fields.set(field.member.label, field);
  }
  const sub = fields.get("sub");
  if (sub === undefined) return malformed("signature_missing", "the signature sub is missing");
  if (fields.size !== signatures.size) return malformedField("signature");
  return { kind: "fields", sub, proof: fields.get("proof") ?? null };
}

/** One member as it is kept beside a document; null when it is spelled otherwise. */
export function readMember({ label, input, signature }: SignatureMember): SignatureField | null {
  const match = signatureGrammar.exec(signature);
  if ((match?.[1] ?? match?.[3]) !== label) return null;
  const bytes = bytesOfBase64(match?.[2] ?? match?.[4] ?? "");
  const field = readField(input, new Map([[label, { text: signature, bytes }]]));
  return field?.member.label === label ? field : null;
}

function readField(
  input: string,
  signatures: ReadonlyMap<string, { text: string; bytes: Uint8Array }>,
): SignatureField | null {
  const match = inputGrammar.exec(input);
  const label = match?.[1] === "sub" ? "sub" : "proof";
  const signature = signatures.get(label);
  if (match === null || signature === undefined) return null;
  return {
    member: { label, input, signature: signature.text },
    parameters: match[2] ?? "",
    created: Number(match[3]),
    keyId: match[4] ?? "",
    algorithm: match[5] ?? null,
    tag: match[6] ?? "",
    signature: signature.bytes,
  };
}

/** No value of ours can hold a comma, so a comma parts two members; blanks around it are what HTTP may add. */
function members(header: string): string[] {
  return header.split(",").map((member) => member.replace(/^[ \t]+/, "").replace(/[ \t]+$/, ""));
}

function malformedField(header: string): SignatureFields {
  return malformed(
    "signature_malformed",
    `${header} must hold sub, and proof at most, spelled as docs/wire.md says`,
  );
}

function malformed(
  code: "signature_missing" | "signature_malformed",
  detail: string,
): SignatureFields {
  return { kind: "malformed", code, detail };
}
