/** `submeter reports list`: what came in, by outcome. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
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
      }),
  run: async ({ api }, { installation, outcome }) => {
    const reports = await api.list<StoredReport>(apiPath("reports"), { installation, outcome });
    return { json: reports, text: (page) => reportsText(page, reports.items) };
  },
});
