/** Receipts: the collector's signed word on one report, the only thing that empties an outbox. */

import Type from "typebox";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import {
  collectorMember,
  digestMember,
  installationMember,
  instantMember,
  journalMember,
  nullable,
  open,
  sequenceMember,
  text,
  versionMember,
} from "./members.ts";
import { instantFault, readDocument } from "./read-document.ts";
import type { ReadDocument } from "./read-document.ts";

export const ReceiptSchema = open({
  version: versionMember,
  collector: collectorMember,
  installation: installationMember,
  journal: journalMember,
  sequence: sequenceMember,
  digest: digestMember,
  outcome: Type.Union(
    [
      Type.Literal("accepted"),
      Type.Literal("quarantined"),
      Type.Literal("rejected"),
      Type.Literal("conflict"),
    ],
    { description: '"accepted", "quarantined", "rejected" or "conflict"' },
  ),
  code: nullable(text("^[a-z][a-z0-9_]{0,63}$", "a code: a-z, 0-9 and _")),
  stored_digest: Type.Optional(digestMember),
  recorded_at: instantMember,
});

export type Receipt = Static<typeof ReceiptSchema>;
export type Outcome = Receipt["outcome"];

const validator = Compile(ReceiptSchema);

/** Members that this version does not know are left aside. */
export function readReceipt(body: Uint8Array): ReadDocument<Receipt> {
  return readDocument(body, validator, (receipt) => instantFault(receipt, ["recorded_at"]));
}

/** UTF-8 JSON in the order of the schema, no white space. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const ordered = {
    version: receipt.version,
    collector: receipt.collector,
    installation: receipt.installation,
    journal: receipt.journal,
    sequence: receipt.sequence,
    digest: receipt.digest,
    outcome: receipt.outcome,
    code: receipt.code,
    stored_digest: receipt.stored_digest,
    recorded_at: receipt.recorded_at,
  };
  return new TextEncoder().encode(JSON.stringify(ordered));
}
