/** Receipts: the body and its proof are made once and stored; `sub` is made anew with the key of each request. */

import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import { contentDigest } from "@submeter/shared/wire/digest";
import {
  joinSignatures,
  type SignatureHeaders,
  signProofAside,
  signSub,
} from "@submeter/shared/wire/document";
import { encodeReceipt, type Outcome, type Receipt } from "@submeter/shared/wire/receipt";
import type { CollectorIdentity } from "../fleet/collector-identity.ts";
import type { StoredReceipt } from "../store/reports.ts";
import type { Signer } from "./keyring.ts";

/** Of a row that has none yet: {@link giveReceipts} makes them, all of a group beside each other. */
export const noReceipt: StoredReceipt = {
  receipt: Buffer.alloc(0),
  receipt_proof_input: "",
  receipt_proof_signature: "",
};

type Recorded = StoredReceipt & {
  readonly installation_id: string;
  readonly journal: string;
  readonly sequence: number;
  readonly digest: string;
  /** Of a conflict none: it is one. */
  readonly outcome?: Outcome;
  readonly code: string | null;
  readonly stored_digest?: string | null;
  readonly recorded_at: Instant;
};

/** Fills in the receipts of new rows, before they are written. */
export async function giveReceipts(
  identity: CollectorIdentity,
  rows: readonly Recorded[],
): Promise<void> {
  await Promise.all(
    rows.map(async (row) => void Object.assign(row, await makeReceipt(identity, row))),
  );
}

async function makeReceipt(identity: CollectorIdentity, row: Recorded): Promise<StoredReceipt> {
  const { digest, outcome = "conflict", stored_digest: storedDigest } = row;
  const receipt: Receipt = {
    version: 1,
    collector: identity.collector,
    installation: row.installation_id,
    journal: row.journal,
    sequence: row.sequence,
    digest,
    outcome,
    code: row.code,
    ...(storedDigest != null && { stored_digest: storedDigest }),
    recorded_at: formatInstant(row.recorded_at),
  };
  const body = encodeReceipt(receipt);
  const proof = await signProofAside({
    digest: contentDigest(body),
    tag: "submeter-receipt",
    created: row.recorded_at,
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
