/** `submeter adjustments list`. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { limitFlag, limitOption } from "../../input/limit-flag.ts";
import { moreText, paragraphs } from "../../text/page.ts";
import { type Adjustment, adjustmentsText } from "./adjustment.ts";

export const listAdjustments = defineCommand({
  words: "list",
  describe: "List adjustments of usage, the newest first",
  options: (program) =>
    program
      .option("customer", { type: "string", requiresArg: true, describe: "only this customer" })
      .option("status", {
        choices: ["proposed", "approved", "rejected"] as const,
        describe: "only in this state",
      })
      .option("limit", limitOption),
  run: async ({ api, audience }, { customer, status, limit }) => {
    const query = { customer, status };
    const most = limitFlag(limit, audience);
    const found = await api.list<Adjustment>(apiPath("usage-adjustments"), query, most);
    return {
      json: found,
      text: (page) => paragraphs(adjustmentsText(page, found.items), moreText(page, found.next)),
    };
  },
});
