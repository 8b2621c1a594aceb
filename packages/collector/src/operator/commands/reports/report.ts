/** A report on the collector's side: what came, when, and what became of it. */

import { nothing, type Page, pairs, paragraphs } from "../../text/page.ts";
import type { Paint } from "../../text/paint.ts";
import { type Column, table } from "../../text/table.ts";
import { cellInstant, proseInstant } from "../../text/time-text.ts";

export type ReportOutcome = "accepted" | "quarantined" | "rejected" | "conflict";

export type StoredReport = {
  readonly installation: string;
  readonly journal: string;
  readonly sequence: number | string;
  readonly outcome: ReportOutcome;
  readonly code: string | null;
  readonly digest?: string;
  readonly decision?: "accepted" | "refused" | null;
  readonly decided_at?: string | null;
  readonly decided_by?: string | null;
  readonly decision_reason?: string | null;
  readonly sealed_at?: string | null;
  readonly recorded_at: string;
};

const colours: Readonly<Record<ReportOutcome, keyof Paint>> = {
  accepted: "good",
  quarantined: "warning",
  rejected: "bad",
  conflict: "bad",
};

const columns: readonly Column[] = [
  { head: "installation" },
  { head: "journal" },
  { head: "seq", align: "right" },
  { head: "outcome" },
  { head: "why", shrinks: true },
  { head: "decision" },
  { head: "sealed (UTC)", drops: 2 },
  { head: "recorded (UTC)", drops: 1 },
];

export function reportsText(page: Page, reports: readonly StoredReport[]): string {
  if (reports.length === 0) {
    return nothing(page, "There are no such reports.", "submeter fleet   shows who reports");
  }
  const undecided = reports.find((report) => report.outcome === "quarantined" && !report.decision);
  return paragraphs(
    table(
      page,
      columns,
      reports.map((report) => cells(page, report)),
    ),
    undecided === undefined
      ? ""
      : page.paint.faint(
          `→ submeter reports show ${name(undecided)}   then accept or reject it with a reason`,
        ),
  );
}

export function reportText(page: Page, report: StoredReport): string {
  return pairs(page, [
    ["Report", page.paint.strong(name(report))],
    ["Outcome", outcomeText(page, report)],
    ["Decision", decisionText(report)],
    ["Sealed", report.sealed_at ? `${proseInstant(report.sealed_at)}, by the agent's clock` : null],
    ["Recorded", proseInstant(report.recorded_at)],
    ["Digest", report.digest ?? null],
  ]);
}

/** The report's three names, as the commands take them. */
export function name(report: Pick<StoredReport, "installation" | "journal" | "sequence">): string {
  return `${report.installation} ${report.journal} ${report.sequence}`;
}

function cells(page: Page, report: StoredReport): string[] {
  return [
    page.paint.strong(report.installation),
    report.journal,
    String(report.sequence),
    page.paint[colours[report.outcome]](report.outcome),
    report.code ?? "",
    report.decision ?? "",
    cellInstant(report.sealed_at),
    cellInstant(report.recorded_at),
  ];
}

function outcomeText(page: Page, report: StoredReport): string {
  const outcome = page.paint[colours[report.outcome]](report.outcome);
  return report.code === null ? outcome : `${outcome}: ${report.code}`;
}

function decisionText(report: StoredReport): string | null {
  if (!report.decision) return report.outcome === "quarantined" ? "none yet" : null;
  const by = report.decided_by ? ` by ${report.decided_by}` : "";
  const at = report.decided_at ? ` on ${proseInstant(report.decided_at)}` : "";
  const why = report.decision_reason ? `: ${report.decision_reason}` : "";
  return `${report.decision}${by}${at}${why}`;
}
