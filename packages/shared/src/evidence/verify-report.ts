/** Verifies one stored report by itself: its bytes, what the agent signed, and what the collector proved in its receipt. */

import { contentDigest, digestHex } from "../wire/digest.ts";
import { signatureBase, verifyDocument } from "../wire/document.ts";
import { verifyProof } from "../wire/ed25519.ts";
import { readReceipt } from "../wire/receipt.ts";
import { readSignatures } from "../wire/signature-fields.ts";

/** A report as evidence has it: `body` null where its bytes are not at hand. */
export type ReportEvidence = {
  readonly installation: string;
  readonly journal: string;
  readonly sequence: number;
  readonly digest: string;
  readonly previous: string | null;
  /** `<installation>.<number>`. */
  readonly key: string;
  readonly outcome: string;
  readonly body: Uint8Array | null;
  readonly headers: { readonly "signature-input": string; readonly signature: string } | null;
  readonly receipt: Uint8Array;
  readonly receiptProof: { readonly input: string; readonly signature: string };
};

export type KnownKeys = {
  /** Of the installation's key that it was signed with; null where that is not held any more, or not here. */
  readonly secret: Uint8Array | null;
  /** Pinned from the journal's first report; null where it is not known. */
  readonly journalKey: string | null;
  /** Of the collector; null where whatever key the receipt names is taken. */
  readonly collectorKeys: ReadonlySet<string> | null;
};

export type ReportVerdict = {
  readonly digest: "fits" | "differs" | "not_here";
  /** The shared key's HMAC. */
  readonly signature: "fits" | "differs" | "key_gone" | "not_here";
  /** The journal's own key. Most reports carry none and are proved by a later one that follows them. */
  readonly proof: "fits" | "differs" | "none" | "not_here";
  readonly receipt: "fits" | "differs";
};

const encoder = new TextEncoder();

export function verifyReport(report: ReportEvidence, keys: KnownKeys): ReportVerdict {
  const receipt = receiptFits(report, keys.collectorKeys) ? "fits" : "differs";
  const { body, headers } = report;
  if (body === null || headers === null) {
    return { digest: "not_here", signature: "not_here", proof: "not_here", receipt };
  }
  return {
    digest: digestHex(body) === report.digest ? "fits" : "differs",
    signature: signatureOf(report, body, headers, keys.secret),
    proof: proofOf(body, headers, keys.journalKey),
    receipt,
  };
}

/** What is not as it should be, in words; empty when nothing is. */
export function faultsOf(verdict: ReportVerdict): string[] {
  return [
    ...(verdict.digest === "differs" ? ["its bytes do not have its digest"] : []),
    ...(verdict.signature === "differs" ? ["the installation's signature does not fit"] : []),
    ...(verdict.proof === "differs" ? ["the journal's proof does not fit"] : []),
    ...(verdict.receipt === "differs" ? ["the collector's receipt does not fit"] : []),
  ];
}

function signatureOf(
  report: ReportEvidence,
  body: Uint8Array,
  headers: NonNullable<ReportEvidence["headers"]>,
  secret: Uint8Array | null,
): ReportVerdict["signature"] {
  if (secret === null) return "key_gone";
  const verified = verifyDocument({
    body,
    headers: { "content-digest": contentDigest(body), ...headers },
    tag: "submeter-report",
    keyId: report.key,
    secret,
    proof: "optional",
  });
  // A proof that does not fit is told apart from the shared key's signature.
  return verified.kind === "verified" || verified.code === "proof_invalid" ? "fits" : "differs";
}

function proofOf(
  body: Uint8Array,
  headers: NonNullable<ReportEvidence["headers"]>,
  journalKey: string | null,
): ReportVerdict["proof"] {
  const read = readSignatures(headers["signature-input"], headers.signature);
  if (read.kind === "malformed") return "differs";
  if (read.proof === null) return "none";
  const { keyId, parameters, tag, signature } = read.proof;
  const base = encoder.encode(signatureBase(contentDigest(body), parameters));
  const fits = tag === "submeter-report" && (journalKey === null || keyId === journalKey);
  return fits && verifyProof(keyId, base, signature) ? "fits" : "differs";
}

function receiptFits(report: ReportEvidence, collectorKeys: ReadonlySet<string> | null): boolean {
  const read = readReceipt(report.receipt);
  if (read.kind !== "document") return false;
  const { document } = read;
  const same =
    document.installation === report.installation &&
    document.journal === report.journal &&
    document.sequence === report.sequence &&
    document.digest === report.digest &&
    document.outcome === report.outcome;
  const member =
    /^proof=(\("content-digest"\);.*keyid="([A-Za-z0-9_-]{43})".*tag="submeter-receipt")$/;
  const [, parameters, keyId] = member.exec(report.receiptProof.input) ?? [];
  const value = /^proof=:([A-Za-z0-9+/=]+):$/.exec(report.receiptProof.signature)?.[1];
  if (!same || parameters === undefined || keyId === undefined || value === undefined) return false;
  if (collectorKeys !== null && !collectorKeys.has(keyId)) return false;
  const base = encoder.encode(signatureBase(contentDigest(report.receipt), parameters));
  const signature = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
  return verifyProof(keyId, base, signature);
}
