/** `submeter contracts show`: one contract in words. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { paragraphs, section } from "../../text/page.ts";
import { type Contract, contractText, versionsText } from "./contract.ts";

export const showContract = defineCommand({
  words: "show <id>",
  describe: "Show a contract",
  options: (program) =>
    program.positional("id", { type: "string", demandOption: true, describe: "the contract" }),
  run: async ({ api }, { id }) => {
    const contract = await api.get<Contract>(apiPath("contracts", id));
    return {
      json: contract,
      text: (page) =>
        paragraphs(
          contractText(page, contract),
          section(page, "Versions", versionsText(page, contract)),
        ),
    };
  },
});
