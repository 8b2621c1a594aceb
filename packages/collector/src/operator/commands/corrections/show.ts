/** `submeter corrections show`: what a period should have been, less what was billed, line by line. */

import type { Correction as CorrectionDocument } from "@submeter/shared/rating/correction";

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { amountText, signedAmountText } from "../../text/number-text.ts";
import { type Page, pairs, paragraphs } from "../../text/page.ts";
import { table } from "../../text/table.ts";
import { periodText, proseInstant } from "../../text/time-text.ts";
import type { Correction } from "./correction.ts";

export type ShownCorrection = Correction & { readonly document: CorrectionDocument };

export const showCorrection = defineCommand({
  words: "show <id>",
  describe: "Show a correction line by line",
  options: (program) =>
    program.positional("id", { type: "string", demandOption: true, describe: "the correction" }),
  run: async ({ api }, { id }) => {
    const correction = await api.get<ShownCorrection>(apiPath("corrections", id));
    return { json: correction, text: (page) => correctionText(page, correction) };
  },
});

function correctionText(page: Page, correction: ShownCorrection): string {
  const { document } = correction;
  return paragraphs(
    pairs(page, [
      ["Correction", page.paint.strong(correction.id)],
      ["Customer", correction.customer],
      ["Of invoice", `${correction.of_invoice}, period ${periodText(document.period)}`],
      ["Statements", `${document.from_number} → ${document.to_number}`],
      ["Basis", basisText(document)],
      ["Status", statusText(correction)],
      ["Decided", decisionText(correction)],
    ]),
    linesText(page, document),
  );
}

function basisText({ basis, settles }: CorrectionDocument): string {
  const [before, after] = [basis.before, basis.after].map((one) => one.replaceAll("_", " "));
  const change = before === after ? `${after}` : `${before} → ${after}`;
  return settles ? `${change}; nothing provisional is left` : change;
}

function statusText({ status, status_reason: reason }: Correction): string {
  const text = status.replaceAll("_", " ");
  return reason ? `${text}: ${reason}` : text;
}

function decisionText(correction: Correction): string | null {
  if (!correction.decided_by) return null;
  const why = correction.decision_reason ? `: ${correction.decision_reason}` : "";
  return `by ${correction.decided_by} on ${proseInstant(correction.decided_at)}${why}`;
}

function linesText(page: Page, document: CorrectionDocument): string {
  const { currency } = document;
  const columns = [
    { head: "line", shrinks: true as const },
    { head: "billed", align: "right" as const },
    { head: "should be", align: "right" as const },
    { head: "difference", align: "right" as const },
  ];
  const rows = document.lines.map((line) => [
    line.description,
    amountText(line.before, currency),
    amountText(line.after, currency),
    signedAmountText(line.amount, currency),
  ]);
  const total = ["Total", "", "", page.paint.strong(signedAmountText(document.total, currency))];
  return table(page, columns, [...rows, total]);
}
