/** `submeter customers add`: who will be billed. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { paragraphs } from "../../text/page.ts";
import { type Customer, customerText } from "./customer.ts";

export const addCustomer = defineCommand({
  words: "add <id>",
  describe: "Add a customer",
  options: (program) =>
    program
      .positional("id", {
        type: "string",
        demandOption: true,
        describe: "a short name in lower case, such as acme; it never changes",
      })
      .option("name", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "as it stands on invoices",
      })
      .option("email", { type: "string", requiresArg: true, describe: "where invoices are sent" }),
  run: async ({ api }, { id, name, email }) => {
    const customer = await api.post<Customer>(apiPath("customers"), { id, name, email });
    return {
      json: customer,
      text: (page) =>
        paragraphs(
          `${page.paint.good("✓")} ${customer.name} is a customer now.`,
          customerText(page, customer),
          page.paint.faint(
            `→ submeter installations add ${customer.id}-1 --customer ${customer.id} --enrolled now`,
          ),
        ),
    };
  },
});
