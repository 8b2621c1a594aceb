/** `submeter customers show`: one customer, with its contracts and installations. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { paragraphs, section } from "../../text/page.ts";
import { type Contract, contractsText } from "../contracts/contract.ts";
import { type Installation, installationsText } from "../installations/installation.ts";
import { type Customer, customerText } from "./customer.ts";

export const showCustomer = defineCommand({
  words: "show <id>",
  describe: "Show a customer with its contracts and installations",
  options: (program) =>
    program.positional("id", { type: "string", demandOption: true, describe: "the customer" }),
  run: async ({ api }, { id }) => {
    const customer = await api.get<Customer>(apiPath("customers", id));
    const [contracts, installations] = await Promise.all([
      api.list<Contract>(apiPath("contracts"), { customer: id }),
      api.list<Installation>(apiPath("installations"), { customer: id }),
    ]);
    const own = installations.items.filter((installation) => installation.customer === id);
    return {
      json: { ...customer, contracts: contracts.items, installations: own },
      text: (page) =>
        paragraphs(
          customerText(page, customer),
          section(page, "Contracts", contractsText(page, contracts.items, id)),
          section(page, "Installations", installationsText(page, own, id)),
        ),
    };
  },
});
