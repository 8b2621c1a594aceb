/** `submeter shutdowns accept` and `reject`: a person's word on an attested shutdown. */

import { apiPath } from "../../api-client.ts";
import { type Command, defineCommand } from "../../command.ts";
import { name, type Shutdown } from "./shutdown.ts";

export const acceptShutdown = decision(
  "accept",
  "Excuse the hours of an attested shutdown",
  (shutdown) =>
    `Shutdown ${shutdown} is accepted: its hours are excused, and count against nobody.`,
);

export const rejectShutdown = decision(
  "reject",
  "Leave the hours of an attested shutdown what they are",
  (shutdown) => `Shutdown ${shutdown} is rejected: its hours stay what they are.`,
);

function decision(
  verb: "accept" | "reject",
  describe: string,
  told: (shutdown: string) => string,
): Command {
  return defineCommand({
    words: `${verb} <installation> <number>`,
    describe,
    options: (program) =>
      program
        .positional("installation", {
          type: "string",
          demandOption: true,
          describe: "the installation",
        })
        .positional("number", {
          type: "string",
          demandOption: true,
          describe: "as `submeter shutdowns list` says it",
        })
        .option("reason", {
          type: "string",
          demandOption: true,
          requiresArg: true,
          describe: "kept with the shutdown and in the audit log",
        }),
    run: async ({ api }, { installation, number, reason }) => {
      const path = apiPath("shutdowns", installation, number, verb);
      const answer = await api.post<Shutdown>(path, { reason });
      return {
        json: answer,
        text: ({ paint }) =>
          [
            `${paint.good("✓")} ${told(name(answer))}`,
            "Closed periods that this changes are computed again: submeter corrections list",
          ].join("\n"),
      };
    },
  });
}
