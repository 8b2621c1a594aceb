/** `submeter reports list`: what came in, by outcome. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { limitFlag, limitOption } from "../../input/limit-flag.ts";
import { moreText, paragraphs } from "../../text/page.ts";
import { reportsText, type StoredReport } from "./report.ts";

export const listReports = defineCommand({
  words: "list",
  describe: "List reports, such as those in quarantine",
  options: (program) =>
    program
      .option("installation", {
        type: "string",
        requiresArg: true,
        describe: "only of this installation",
      })
      .option("outcome", {
        choices: ["accepted", "quarantined", "rejected", "conflict"] as const,
        describe: "only with this outcome",
      })
      .option("undecided", {
        type: "boolean",
        default: false,
        describe: "only those that wait for your decision",
      })
      .option("limit", limitOption),
  run: async ({ api, audience }, { installation, outcome, undecided, limit }) => {
    const reports = await api.list<StoredReport>(
      apiPath("reports"),
      { installation, outcome, undecided: undecided ? "true" : undefined },
      limitFlag(limit, audience),
    );
    return {
      json: reports,
      text: (page) => paragraphs(reportsText(page, reports.items), moreText(page, reports.next)),
    };
  },
});
