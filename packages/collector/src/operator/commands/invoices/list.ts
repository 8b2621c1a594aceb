/** `submeter invoices list`. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { limitFlag, limitOption } from "../../input/limit-flag.ts";
import { moreText, paragraphs } from "../../text/page.ts";
import { type Invoice, invoicesText } from "./invoice.ts";

export const listInvoices = defineCommand({
  words: "list",
  describe: "List invoices",
  options: (program) =>
    program
      .option("customer", { type: "string", requiresArg: true, describe: "only this customer" })
      .option("status", {
        choices: ["booked", "pushing", "finalized", "refused", "not_pushed"] as const,
        describe: "only in this state",
      })
      .option("limit", limitOption),
  run: async ({ api, audience }, { customer, status, limit }) => {
    const invoices = await api.list<Invoice>(
      apiPath("invoices"),
      { customer, status },
      limitFlag(limit, audience),
    );
    return {
      json: invoices,
      text: (page) => paragraphs(invoicesText(page, invoices.items), moreText(page, invoices.next)),
    };
  },
});
