/** Whether a report is what its place in the journal says, and its `proof` the journal's own. */

import { type SignatureMember, verifyMember } from "@submeter/shared/wire/document";
import { readReport } from "@submeter/shared/wire/read-report";
import type { Report } from "@submeter/shared/wire/report";
import type { ArchivedJournal, ArchivedReport } from "../journal/archive-table.ts";
import type { Found } from "./fault.ts";

type Place = {
  readonly journal: ArchivedJournal;
  /** Null where the file does not say. */
  readonly installation: string | null;
  /** The digest of the report before; null where that is not there. */
  readonly previous: string | null;
};

export function contentFaults(stored: ArchivedReport, place: Place): Found[] {
  const read = readReport(stored.body);
  if (read.kind !== "report") {
    const detail = read.kind === "newer_version" ? `of version ${read.version}` : read.detail;
    return [["report_unreadable", detail]];
  }
  const { report } = read;
  const found: Found[] = [];
  if (!isAtItsPlace(report, stored, place)) {
    found.push([
      "report_misplaced",
      "it names another installation, journal or number than its place",
    ]);
  }
  if (place.previous !== null && report.previous !== place.previous) {
    found.push(["chain_broken", "it does not name the digest of the report before it"]);
  }
  if (stored.sequence === 1 && report.public_key !== place.journal.publicKey) {
    found.push(["proof_invalid", "it announces another public key than the journal's"]);
  }
  if (stored.proof === null && (stored.sequence === 1 || report.final)) {
    found.push(["proof_missing", "a first and a final report carry the journal's own signature"]);
  }
  return found;
}

/** Null when it is the journal's own signature over these bytes. */
export function proofFault(
  { body }: ArchivedReport,
  member: SignatureMember,
  publicKey: string,
): string | null {
  const verified = verifyMember({ body, tag: "submeter-report", member, key: null });
  if (verified.kind === "refused") return verified.detail;
  return verified.keyId === publicKey ? null : "its proof is by another key than the journal's";
}

function isAtItsPlace(report: Report, stored: ArchivedReport, place: Place): boolean {
  return (
    report.journal === place.journal.journal &&
    report.sequence === stored.sequence &&
    (place.installation === null || report.installation === place.installation) &&
    Date.parse(report.sealed_at) / 1000 === stored.sealedAt
  );
}
