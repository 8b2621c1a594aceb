/** Receipts: the body and its proof are made once and stored; `sub` is made anew with the key of each request. */

import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import { contentDigest } from "@submeter/shared/wire/digest";
import {
  joinSignatures,
  type SignatureHeaders,
  signProof,
  signSub,
} from "@submeter/shared/wire/document";
import { encodeReceipt, type Outcome, type Receipt } from "@submeter/shared/wire/receipt";
import type { CollectorIdentity } from "../fleet/collector-identity.ts";
import type { StoredReceipt } from "../store/reports.ts";
import type { Candidate } from "./candidate.ts";
import type { Signer } from "./keyring.ts";

export function makeReceipt(
  identity: CollectorIdentity,
  candidate: Candidate,
  o: { outcome: Outcome; code: string | null; storedDigest: string | null; recordedAt: Instant },
): StoredReceipt {
  const { installation, journal, sequence } = candidate.name;
  const receipt: Receipt = {
    version: 1,
    collector: identity.collector,
    installation,
    journal,
    sequence,
    digest: candidate.digest,
    outcome: o.outcome,
    code: o.code,
    ...(o.storedDigest !== null && { stored_digest: o.storedDigest }),
    recorded_at: formatInstant(o.recordedAt),
  };
  const body = encodeReceipt(receipt);
  const proof = signProof({
    digest: contentDigest(body),
    tag: "submeter-receipt",
    created: o.recordedAt,
    signer: identity.signer,
  });
  return {
    receipt: Buffer.from(body),
    receipt_proof_input: proof.input,
    receipt_proof_signature: proof.signature,
  };
}

/** The headers under which a stored receipt is answered to this signer. */
export function receiptHeaders(
  stored: StoredReceipt,
  signer: Signer,
  now: Instant,
): SignatureHeaders {
  const digest = contentDigest(stored.receipt);
  const sub = signSub({ digest, tag: "submeter-receipt", created: now, key: signer });
  const proof = {
    label: "proof" as const,
    input: stored.receipt_proof_input,
    signature: stored.receipt_proof_signature,
  };
  return joinSignatures(digest, [sub, proof]);
}
