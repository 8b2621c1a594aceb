/** `submeter corrections approve` and `drop`: a person decides on a large correction. */

import { apiPath } from "../../api-client.ts";
import { type Command, defineCommand } from "../../command.ts";
import type { Correction } from "./correction.ts";

export const approveCorrection = decision(
  "approve",
  "Let a correction be invoiced or credited",
  (id) => `${id} is approved: it is billed with the next invoice, or credited now.`,
);

export const dropCorrection = decision(
  "drop",
  "Leave a correction unbilled for good",
  (id) => `${id} is dropped: it is never billed nor credited, and stays on record.`,
);

function decision(
  verb: "approve" | "drop",
  describe: string,
  told: (id: string) => string,
): Command {
  return defineCommand({
    words: `${verb} <id>`,
    describe,
    options: (program) =>
      program
        .positional("id", { type: "string", demandOption: true, describe: "the correction" })
        .option("reason", {
          type: "string",
          demandOption: true,
          requiresArg: true,
          describe: "kept with the correction",
        }),
    run: async ({ api }, { id, reason }) => {
      const answer = await api.post<Correction>(apiPath("corrections", id, verb), { reason });
      return { json: answer, text: ({ paint }) => `${paint.good("✓")} ${told(id)}` };
    },
  });
}
