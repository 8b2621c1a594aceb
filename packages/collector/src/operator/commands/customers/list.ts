/** `submeter customers list`. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { type Customer, customersText } from "./customer.ts";

export const listCustomers = defineCommand({
  words: "list",
  describe: "List all customers",
  options: (program) => program,
  run: async ({ api }) => {
    const customers = await api.list<Customer>(apiPath("customers"));
    return { json: customers, text: (page) => customersText(page, customers.items) };
  },
});
