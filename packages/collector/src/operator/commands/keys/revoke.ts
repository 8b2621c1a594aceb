/** `submeter keys revoke`: what a key may still do, from now on. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";

const modes = ["verify-only", "compromised", "removed"] as const;

const effects: Readonly<Record<(typeof modes)[number], string>> = {
  "verify-only": "It still verifies and is answered; new agents should hold another key.",
  compromised:
    "What arrives under it from now on is quarantined, not refused: decide with submeter reports list.",
  removed: "It is unknown from now on: reports signed with it are refused with 401.",
};

export const revokeKey = defineCommand({
  words: "revoke <installation> <number>",
  describe: "Take a key out of use",
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
        describe: "the key's number, from `submeter installations show`",
      })
      .option("mode", {
        choices: modes,
        demandOption: true,
        describe: "verify-only: rotated out; compromised: leaked; removed: unknown",
      })
      .option("reason", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "kept in the audit log",
      }),
  run: async ({ api }, { installation, number, mode, reason }) => {
    const answer = await api.post<unknown>(
      apiPath("installations", installation, "keys", number, "revoke"),
      { mode, reason },
    );
    return {
      json: answer,
      text: (page) =>
        [
          `${page.paint.good("✓")} key ${number} of ${installation} is ${mode}.`,
          effects[mode],
          page.paint.faint(`→ submeter keys rotate ${installation}   makes the next key`),
        ].join("\n"),
    };
  },
});
