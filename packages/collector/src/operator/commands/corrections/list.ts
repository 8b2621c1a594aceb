/** `submeter corrections list`. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { limitFlag, limitOption } from "../../input/limit-flag.ts";
import { moreText, paragraphs } from "../../text/page.ts";
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
      })
      .option("limit", limitOption),
  run: async ({ api, audience }, { customer, status, limit }) => {
    const corrections = await api.list<Correction>(
      apiPath("corrections"),
      { customer, status },
      limitFlag(limit, audience),
    );
    return {
      json: corrections,
      text: (page) =>
        paragraphs(correctionsText(page, corrections.items), moreText(page, corrections.next)),
    };
  },
});
