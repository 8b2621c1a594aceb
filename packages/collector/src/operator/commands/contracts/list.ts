/** `submeter contracts list`. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { type Contract, contractsText } from "./contract.ts";

export const listContracts = defineCommand({
  words: "list",
  describe: "List contracts",
  options: (program) =>
    program.option("customer", {
      type: "string",
      requiresArg: true,
      describe: "only of this customer",
    }),
  run: async ({ api }, { customer }) => {
    const contracts = await api.list<Contract>(apiPath("contracts"), { customer });
    return { json: contracts, text: (page) => contractsText(page, contracts.items, customer) };
  },
});
