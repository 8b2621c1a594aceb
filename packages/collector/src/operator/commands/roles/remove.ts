/** `submeter roles remove`: a customer's own role falls back to the one for all. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import type { Role } from "./role.ts";

export const removeRole = defineCommand({
  words: "remove <role>",
  describe: "Remove a role; a customer's own falls back to the one for all",
  options: (program) =>
    program
      .positional("role", { type: "string", demandOption: true, describe: "its name" })
      .option("customer", {
        type: "string",
        requiresArg: true,
        describe: "this customer's own; the one for all when absent",
      }),
  run: async ({ api }, { role, customer }) => {
    const answer = await api.delete<Role>(apiPath("roles", role), { customer });
    return {
      json: answer,
      text: (page) =>
        `${page.paint.good("✓")} the role ${role}${customer === undefined ? "" : ` of ${customer}`} is removed.`,
    };
  },
});
