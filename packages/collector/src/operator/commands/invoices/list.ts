/** `submeter invoices list`. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
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
      }),
  run: async ({ api }, { customer, status }) => {
    const invoices = await api.list<Invoice>(apiPath("invoices"), { customer, status });
    return { json: invoices, text: (page) => invoicesText(page, invoices.items) };
  },
});
