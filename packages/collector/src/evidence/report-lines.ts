/** Reports as lines of evidence: the bytes that were signed, the receipt with its proof, and what was decided. */

import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import type { SignedDocument } from "../store/body-codec.ts";
import type { EvidentReport } from "../store/invoice-evidence.ts";

/** One report, as each file of evidence has it. */
export function lineOf(report: EvidentReport, document: SignedDocument | null) {
  return {
    installation: report.installation_id,
    journal: report.journal,
    sequence: report.sequence,
    digest: report.digest,
    previous: report.previous,
    key: `${report.installation_id}.${report.key_number}`,
    outcome: report.outcome,
    code: report.code,
    decision: report.decision,
    decided_at: textOrNull(report.decided_at),
    decided_by: report.decided_by,
    decision_reason: report.decision_reason,
    sealed_at: textOrNull(report.sealed_at),
    recorded_at: formatInstant(report.recorded_at),
    revision: String(report.revision),
    ...bodyOf(document?.body ?? null),
    headers:
      document === null
        ? null
        : { "signature-input": document.signature_input, signature: document.signature },
    receipt: report.receipt.toString("utf8"),
    receipt_proof: { input: report.receipt_proof_input, signature: report.receipt_proof_signature },
  };
}

/** As text where it is text; a rejected report may be any bytes. */
function bodyOf(body: Uint8Array | null) {
  if (body === null) return { body: null };
  const text = Buffer.from(body).toString("utf8");
  return Buffer.from(text).equals(body)
    ? { body: text }
    : { body: null, body_base64: Buffer.from(body).toString("base64") };
}

function textOrNull(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
