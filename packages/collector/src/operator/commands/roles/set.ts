/** `submeter roles set`: what a role permits, from now on, also for the tokens that are out. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { type Role, rolesText } from "./role.ts";

export const setRole = defineCommand({
  words: "set <role>",
  describe: "Say what a role of customers' people permits",
  options: (program) =>
    program
      .positional("role", { type: "string", demandOption: true, describe: "its name" })
      .option("permissions", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe:
          "any of usage:read, usage:read:own, billing:read, contracts:read, members:manage, purchase, configure; with commas",
      })
      .option("customer", {
        type: "string",
        requiresArg: true,
        describe: "for this customer alone; for every one when absent",
      })
      .option("own-dimension", {
        type: "string",
        default: "member",
        requiresArg: true,
        describe: "the dimension that names the member, for usage:read:own",
      }),
  run: async ({ api }, { role, permissions, customer, ownDimension }) => {
    const answer = await api.put<Role>(apiPath("roles", role), {
      customer,
      permissions: permissions.split(",").flatMap((one) => (one.trim() === "" ? [] : one.trim())),
      own_dimension: ownDimension,
    });
    return {
      json: answer,
      text: (page) => `${page.paint.good("✓")} from now on:\n\n${rolesText(page, [answer])}`,
    };
  },
});
