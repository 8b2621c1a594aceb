/** `submeter reports accept` and `reject`: a person decides on what is in quarantine. */

import { type Command, defineCommand } from "../../command.ts";
import { name, type StoredReport } from "./report.ts";
import { reportPath, reportPositionals, reportWords } from "./named-report.ts";

export const acceptReport = decision(
  "accept",
  "Count a report that is in quarantine, or was refused by mistake",
  (report) =>
    `${report} is accepted: it counts now; closed periods that it touches are computed again.`,
);

export const rejectReport = decision(
  "reject",
  "Leave a report in quarantine out; it may be accepted after all",
  (report) =>
    `${report} is refused: it does not count, and is kept as evidence. Was that a mistake? Accept it.`,
);

function decision(
  verb: "accept" | "reject",
  describe: string,
  told: (report: string) => string,
): Command {
  return defineCommand({
    words: `${verb} ${reportWords}`,
    describe,
    options: (program) =>
      reportPositionals(program).option("reason", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "kept with the report and in the audit log",
      }),
    run: async ({ api }, { reason, ...named }) => {
      const answer = await api.post<StoredReport>(reportPath(named, verb), { reason });
      return { json: answer, text: ({ paint }) => `${paint.good("✓")} ${told(name(named))}` };
    },
  });
}
