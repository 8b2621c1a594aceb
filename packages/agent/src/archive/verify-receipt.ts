/** Whether a receipt is of these very bytes, and both of its signatures are genuine. */

import { digestHex } from "@submeter/shared/wire/digest";
import { type MacKey, verifyMember } from "@submeter/shared/wire/document";
import { readReceipt } from "@submeter/shared/wire/receipt";
import type { ArchivedReceipt, ArchivedReport } from "../journal/archive-table.ts";
import type { Found } from "./fault.ts";

export type CheckedReceipt = {
  readonly faults: readonly Found[];
  /** The public key that proved it; null when none did. */
  readonly collectorKey: string | null;
  /** Whether the installation's key verified it too. */
  readonly byKey: boolean;
};

/** `key`: what an earlier key of the installation signed is proven by the collector alone. */
export function checkReceipt(
  receipt: ArchivedReceipt,
  report: ArchivedReport,
  key: MacKey | null,
): CheckedReceipt {
  const { body, sub, proof } = receipt;
  const read = readReceipt(body);
  if (read.kind !== "document") {
    return {
      faults: [["receipt_unreadable", "a receipt cannot be read"]],
      collectorKey: null,
      byKey: false,
    };
  }
  const faults: Found[] = [];
  const { journal, sequence, digest, outcome } = read.document;
  const isOf =
    journal === report.journal && sequence === report.sequence && digest === digestHex(report.body);
  if (!isOf || outcome !== receipt.outcome) {
    faults.push(["receipt_of_other_report", "a receipt is not of these bytes"]);
  }
  const tag = "submeter-receipt";
  const proven = verifyMember({ body, tag, member: proof, key: null });
  if (proven.kind === "refused") {
    faults.push(["receipt_signature_invalid", `proof: ${proven.detail}`]);
  }
  const ours = sub !== null && key !== null && sub.input.includes(`keyid="${key.keyId}"`);
  const shared = ours ? verifyMember({ body, tag, member: sub, key }) : null;
  if (shared?.kind === "refused") {
    faults.push(["receipt_signature_invalid", `sub: ${shared.detail}`]);
  }
  return {
    faults,
    collectorKey: proven.kind === "verified" ? proven.keyId : null,
    byKey: shared?.kind === "verified",
  };
}
