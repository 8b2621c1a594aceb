/** How a report is named on the command line: installation, journal, sequence. */

import type { Argv } from "yargs";

import { apiPath } from "../../api-client.ts";

export const reportWords = "<installation> <journal> <sequence>";

export type NamedReport = {
  readonly installation: string;
  readonly journal: string;
  readonly sequence: string;
};

export function reportPositionals(program: Argv) {
  return program
    .positional("installation", {
      type: "string",
      demandOption: true,
      describe: "the installation",
    })
    .positional("journal", { type: "string", demandOption: true, describe: "the journal's UUID" })
    .positional("sequence", {
      type: "string",
      demandOption: true,
      describe: "the report's number",
    });
}

export function reportPath(report: NamedReport, ...more: readonly string[]): string {
  return apiPath("reports", report.installation, report.journal, report.sequence, ...more);
}
