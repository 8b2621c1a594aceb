/** `submeter fleet show`: one installation and its hours, day by day. */

import { apiPath } from "../../api-client.ts";
import { CommandLineError } from "../../command-line-error.ts";
import { defineCommand } from "../../command.ts";
import { type InstallationHours, installationHoursText } from "./hours-text.ts";

/** As long as hours are told apart. */
const daysMax = 396;

export const showInstallationHours = defineCommand({
  words: "show <installation>",
  describe: "Show an installation and its hours for up to 13 months",
  options: (program) =>
    program
      .positional("installation", {
        type: "string",
        demandOption: true,
        describe: "the installation",
      })
      .option("days", {
        type: "string",
        default: "31",
        requiresArg: true,
        describe: `how many days, up to today; ${daysMax} at most, or all`,
      }),
  run: async ({ api, audience }, { installation, days }) => {
    const wanted = days === "all" ? daysMax : Number(days);
    if (!/^([1-9]\d{0,2}|all)$/.test(days) || wanted > daysMax) {
      throw new CommandLineError(
        "days_malformed",
        `--days ${JSON.stringify(days)} is no number of days`,
        `write a whole number up to ${daysMax}, or all`,
      );
    }
    const answer = await api.get<InstallationHours>(apiPath("fleet", installation));
    const shown =
      audience === "programs" ? answer : { ...answer, days: answer.days.slice(-wanted) };
    return {
      json: answer,
      text: (page) => installationHoursText(page, shown, answer.days),
    };
  },
});
