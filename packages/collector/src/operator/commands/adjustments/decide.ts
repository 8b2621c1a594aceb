/** `submeter adjustments approve` and `reject`: another person's word on what one proposed. */

import { apiPath } from "../../api-client.ts";
import { type Command, defineCommand } from "../../command.ts";
import type { Adjustment } from "./adjustment.ts";

export const approveAdjustment = decision(
  "approve",
  "Let an adjustment count",
  "counts: closed periods that it changes are computed again.",
);

export const rejectAdjustment = decision(
  "reject",
  "Leave an adjustment without effect for good",
  "is rejected: it never counts, and stays on record.",
);

function decision(verb: "approve" | "reject", describe: string, told: string): Command {
  return defineCommand({
    words: `${verb} <id>`,
    describe,
    options: (program) =>
      program
        .positional("id", { type: "string", demandOption: true, describe: "the adjustment" })
        .option("reason", {
          type: "string",
          demandOption: true,
          requiresArg: true,
          describe: "kept with the adjustment",
        }),
    run: async ({ api }, { id, reason }) => {
      const path = apiPath("usage-adjustments", id, verb);
      const answer = await api.post<Adjustment>(path, { reason });
      return { json: answer, text: ({ paint }) => `${paint.good("✓")} ${id} ${told}` };
    },
  });
}
