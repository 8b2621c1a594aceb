/** `submeter corrections list`. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { type Correction, correctionsText } from "./correction.ts";

export const listCorrections = defineCommand({
  words: "list",
  describe: "List corrections to booked invoices",
  options: (program) =>
    program
      .option("customer", { type: "string", requiresArg: true, describe: "only this customer" })
      .option("status", {
        choices: [
          "awaiting_approval",
          "ready",
          "carried",
          "invoiced",
          "credited",
          "dropped",
          "not_billed",
        ] as const,
        describe: "only in this state",
      }),
  run: async ({ api }, { customer, status }) => {
    const corrections = await api.list<Correction>(apiPath("corrections"), { customer, status });
    return { json: corrections, text: (page) => correctionsText(page, corrections.items) };
  },
});
