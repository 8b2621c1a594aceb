/** `submeter reports verify`: is what is stored, or was exported, what was signed? */

import {
  faultsOf,
  type ReportEvidence,
  type ReportVerdict,
  verifyReport,
} from "@submeter/shared/evidence/verify-report";

import { type ApiClient, apiPath } from "../../api-client.ts";
import { type Answer, defineCommand } from "../../command.ts";
import { CommandLineError } from "../../command-line-error.ts";
import { type Page, pairs, paragraphs, plural } from "../../text/page.ts";
import { readReportFile } from "./report-file.ts";
import { name } from "./report.ts";

type Verdict = ReportVerdict & {
  readonly installation: string;
  readonly journal: string;
  readonly sequence: number;
  readonly chain: "fits" | "differs" | "first" | "hole";
  readonly faults: readonly string[];
};

type Fault = Pick<Verdict, "installation" | "journal" | "sequence" | "faults">;
type Checked = { readonly checked: number; readonly elsewhere: number; readonly faults: Fault[] };

export const verifyReports = defineCommand({
  words: "verify [installation] [journal] [sequence]",
  describe:
    "Verify a report, all of them, or those of an exported file: bytes, signatures, receipts, order",
  options: (program) =>
    program
      .positional("installation", { type: "string", describe: "the installation" })
      .positional("journal", { type: "string", describe: "the journal's UUID" })
      .positional("sequence", { type: "string", describe: "the report's number" })
      .option("all", {
        type: "boolean",
        default: false,
        describe: "all reports, or all of the installation",
      })
      .option("file", {
        type: "string",
        requiresArg: true,
        describe: "an exported file; no collector is asked",
      })
      .option("key", {
        type: "string",
        requiresArg: true,
        describe: "with --file: the collector's public key that you trust",
      }),
  run: async ({ api }, { installation, journal, sequence, all, file, key }) => {
    if (file !== undefined) return told(await ofFile(file, key));
    if (all) return told(await ofAll(api, installation));
    if (installation === undefined || journal === undefined || sequence === undefined) {
      throw new CommandLineError(
        "report_unnamed",
        "it is not said which report to verify",
        "name installation, journal and sequence; or give --all, or --file FILE",
      );
    }
    const path = apiPath("reports", installation, journal, sequence, "verification");
    return toldOne(await api.get<Verdict>(path));
  },
});

async function ofAll(api: ApiClient, installation: string | undefined): Promise<Checked> {
  const faults: Fault[] = [];
  let [checked, elsewhere] = [0, 0];
  let cursor: string | undefined;
  do {
    const page = await api.get<{
      checked: number;
      bytes_elsewhere: number;
      items: Verdict[];
      next: string | null;
    }>(apiPath("reports", "verification"), { installation, cursor, limit: "500" });
    checked += page.checked;
    elsewhere += page.bytes_elsewhere;
    faults.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return { checked, elsewhere, faults };
}

async function ofFile(file: string, key: string | undefined): Promise<Checked> {
  const keys = {
    secret: null,
    journalKey: null,
    collectorKeys: key === undefined ? null : new Set([key]),
  };
  const faults: Fault[] = [];
  let before: ReportEvidence | null = null;
  let checked = 0;
  for await (const report of readReportFile(file)) {
    const found = faultsOf(verifyReport(report, keys));
    if (before !== null && breaksChain(before, report)) {
      found.push("it does not follow the report before it");
    }
    if (found.length > 0) faults.push({ ...nameOf(report), faults: found });
    before = report;
    checked += 1;
  }
  return { checked, elsewhere: 0, faults };
}

/** Lines stand in order; only a neighbour can be held against the one before. */
function breaksChain(before: ReportEvidence, report: ReportEvidence): boolean {
  return (
    before.installation === report.installation &&
    before.journal === report.journal &&
    before.sequence + 1 === report.sequence &&
    report.previous !== before.digest
  );
}

function nameOf({ installation, journal, sequence }: ReportEvidence) {
  return { installation, journal, sequence };
}

function told({ checked, elsewhere, faults }: Checked): Answer {
  return {
    json: { checked, bytes_elsewhere: elsewhere, faults },
    exitCode: faults.length === 0 ? 0 : 1,
    text: (page) =>
      paragraphs(
        faults.map((fault) => faultText(page, fault)).join("\n"),
        faults.length === 0
          ? `${page.paint.good("✓")} ${plural(checked, "report")}: bytes, signatures, receipts and order are as they were.`
          : `${page.paint.bad("✗")} ${faults.length} of ${plural(checked, "report")} are not as they were.`,
        elsewhere === 0
          ? ""
          : `The bytes of ${plural(elsewhere, "report")} were exported: verify them with --file.`,
      ),
  };
}

function toldOne(verdict: Verdict): Answer {
  const { digest, signature, proof, receipt, chain, faults } = verdict;
  const shown = (word: string) => word.replaceAll("_", " ");
  return {
    json: verdict,
    exitCode: faults.length === 0 ? 0 : 1,
    text: (page) =>
      paragraphs(
        faults.length === 0
          ? `${page.paint.good("✓")} ${name(verdict)} is as it was signed.`
          : faultText(page, verdict),
        pairs(page, [
          ["Digest", shown(digest)],
          ["Signature", shown(signature)],
          ["Proof", proof === "none" ? "none of its own; a later one follows it" : shown(proof)],
          ["Receipt", shown(receipt)],
          ["Order", chain === "hole" ? "the report before it never came" : shown(chain)],
        ]),
      ),
  };
}

function faultText(page: Page, fault: Fault): string {
  return `${page.paint.bad("✗")} ${name(fault)}: ${fault.faults.join("; ")}`;
}
