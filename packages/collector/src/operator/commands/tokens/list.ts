/** `submeter tokens list`. */

import { defineCommand } from "../../command.ts";
import { type Token, tokensPath, tokensText } from "./token.ts";

export const listTokens = defineCommand({
  words: "list",
  describe: "List tokens, without their secrets",
  options: (program) =>
    program.option("customer", {
      type: "string",
      requiresArg: true,
      describe: "those of this customer's people; operators' when absent",
    }),
  run: async ({ api }, { customer }) => {
    const tokens = await api.list<Token>(tokensPath(customer));
    return { json: tokens, text: (page) => tokensText(page, tokens.items) };
  },
});
