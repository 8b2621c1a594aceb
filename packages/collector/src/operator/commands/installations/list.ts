/** `submeter installations list`. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { type Installation, installationsText } from "./installation.ts";

export const listInstallations = defineCommand({
  words: "list",
  describe: "List installations with their keys",
  options: (program) =>
    program.option("customer", {
      type: "string",
      requiresArg: true,
      describe: "only of this customer",
    }),
  run: async ({ api }, { customer }) => {
    const installations = await api.list<Installation>(apiPath("installations"), { customer });
    return {
      json: installations,
      text: (page) => installationsText(page, installations.items, customer),
    };
  },
});
