/** `submeter roles list`. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { type Role, rolesText } from "./role.ts";

export const listRoles = defineCommand({
  words: "list",
  describe: "List what the roles of customers' people permit",
  options: (program) =>
    program.option("customer", {
      type: "string",
      requiresArg: true,
      describe: "as they hold for this customer",
    }),
  run: async ({ api }, { customer }) => {
    const roles = await api.list<Role>(apiPath("roles"), { customer });
    return { json: roles, text: (page) => rolesText(page, roles.items) };
  },
});
