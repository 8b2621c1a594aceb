/** `submeter reports show`: one report with its exact content. */

import { defineCommand } from "../../command.ts";
import { paragraphs, section } from "../../text/page.ts";
import { reportPath, reportPositionals, reportWords } from "./named-report.ts";
import { type ReportContent, reportContentText } from "./report-content.ts";
import { reportText, type StoredReport } from "./report.ts";

type ShownReport = StoredReport & {
  readonly document?: ReportContent;
  /** Other bytes that came under the same name: evidence, never counted. */
  readonly conflicts?: readonly StoredReport[];
};

export const showReport = defineCommand({
  words: `show ${reportWords}`,
  describe: "Show a report and what it says",
  options: reportPositionals,
  run: async ({ api }, named) => {
    const report = await api.get<ShownReport>(reportPath(named));
    return {
      json: report,
      text: (page) =>
        paragraphs(
          reportText(page, report),
          report.document === undefined
            ? ""
            : section(page, "What it says", reportContentText(page, report.document)),
          section(
            page,
            "Other bytes under the same name: evidence, never counted",
            (report.conflicts ?? []).map((one) => reportText(page, one)).join("\n\n"),
          ),
        ),
    };
  },
});
