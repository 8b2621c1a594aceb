/** Verifies reports as they are stored: bytes, signatures, receipts, and that each follows the one before it. */

import {
  faultsOf,
  type ReportVerdict,
  verifyReport,
} from "@submeter/shared/evidence/verify-report";
import { openKey } from "../fleet/keys.ts";
import type { MasterKey } from "../fleet/sealed-secrets.ts";
import { reportUnknown } from "../fleet/unknown.ts";
import type { Database } from "../store/database.ts";
import { collectorKeys } from "../store/identity.ts";
import { keysOf } from "../store/installation-keys.ts";
import { type ChainedReport, reportsToVerify } from "../store/invoice-evidence.ts";
import { findDocuments } from "../store/report-bodies.ts";
import type { ReportKey } from "../store/reports.ts";
import { lineOf } from "./report-lines.ts";
import { evidenceOf } from "./export-format.ts";

export type VerifyContext = { readonly database: Database; readonly masterKey: MasterKey };

export type StoredVerdict = ReportKey &
  ReportVerdict & {
    /** `hole`: the one before it never came. */
    readonly chain: "fits" | "differs" | "first" | "hole";
    readonly faults: readonly string[];
  };

/** In order of installation, journal and sequence, after the last one seen. */
export async function verifyStored(
  { database, masterKey }: VerifyContext,
  page: { installation: string | null; after: ReportKey | null; limit: number },
): Promise<StoredVerdict[]> {
  const reports = await reportsToVerify(database, page);
  const names = reports.map(keyOf);
  const documents = await findDocuments(database, names);
  const installations = [...new Set(names.map(({ installation }) => installation))];
  const secrets = new Map(
    (await keysOf(database, installations)).map((row) => [
      `${row.installation_id}.${row.number}`,
      openKey(masterKey, row),
    ]),
  );
  const collector = new Set((await collectorKeys(database)).map((key) => key.public_key));
  return reports.map((report, index) => {
    const line = lineOf(report, documents[index] ?? null);
    const verdict = verifyReport(evidenceOf(line), {
      secret: secrets.get(line.key) ?? null,
      journalKey: report.journal_key,
      collectorKeys: collector,
    });
    const chain = chainOf(report);
    const broken = chain === "differs" ? ["it does not follow the report before it"] : [];
    return { ...keyOf(report), ...verdict, chain, faults: [...faultsOf(verdict), ...broken] };
  });
}

/** Throws `report_unknown`. */
export async function verifyOne(context: VerifyContext, key: ReportKey): Promise<StoredVerdict> {
  const after = { ...key, sequence: key.sequence - 1 };
  const page = { installation: key.installation, after, limit: 1 };
  const [verdict] = await verifyStored(context, page);
  if (verdict?.journal === key.journal && verdict.sequence === key.sequence) return verdict;
  throw reportUnknown(key.installation, key.journal, key.sequence);
}

function chainOf({
  sequence,
  previous,
  digest_before: before,
}: ChainedReport): StoredVerdict["chain"] {
  if (sequence === 1) return previous === null ? "first" : "differs";
  if (before === null) return "hole";
  return previous === before ? "fits" : "differs";
}

function keyOf(report: ChainedReport): ReportKey {
  const { installation_id: installation, journal, sequence } = report;
  return { installation, journal, sequence };
}
