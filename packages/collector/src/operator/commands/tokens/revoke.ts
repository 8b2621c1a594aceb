/** `submeter tokens revoke`: at once and for good. */

import { defineCommand } from "../../command.ts";
import { type Token, tokensPath } from "./token.ts";

export const revokeToken = defineCommand({
  words: "revoke <token>",
  describe: "Take a token back, at once",
  options: (program) =>
    program
      .positional("token", {
        type: "string",
        demandOption: true,
        describe: "its id, from `submeter tokens list`",
      })
      .option("customer", {
        type: "string",
        requiresArg: true,
        describe: "when it is one of this customer's people",
      })
      .option("reason", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "kept in the audit log",
      }),
  run: async ({ api }, { token, customer, reason }) => {
    const answer = await api.post<Token>(tokensPath(customer, token, "revoke"), { reason });
    return {
      json: answer,
      text: (page) =>
        `${page.paint.good("✓")} the token ${answer.name} (${answer.id}) is revoked: whoever holds it gets 401.`,
    };
  },
});
