/** `submeter tokens add`: a token for a colleague or a program, or for somebody of a customer. Shown this once. */

import { defineCommand } from "../../command.ts";
import { expiresFlag, expiresOption } from "../../input/expires-flag.ts";
import { proseInstant } from "../../text/time-text.ts";
import { type Token, tokensPath } from "./token.ts";

export const addToken = defineCommand({
  words: "add <name>",
  describe: "Make a token and print it, once",
  options: (program) =>
    program
      .positional("name", {
        type: "string",
        demandOption: true,
        describe: "who or what will use it; the audit log calls it so",
      })
      .option("role", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe:
          "owner, billing or read-only; of a customer's people one of `submeter roles list`",
      })
      .option("customer", {
        type: "string",
        requiresArg: true,
        describe: "for somebody of this customer, who sees nothing of another",
      })
      .option("member", {
        type: "string",
        requiresArg: true,
        describe: "who it is, as the usage names him",
      })
      .option("expires", expiresOption),
  run: async ({ api, now }, { name, role, customer, member, expires }) => {
    const issued = await api.post<Token & { token: string }>(tokensPath(customer), {
      name,
      role,
      member,
      expires: await expiresFlag(expires, now),
    });
    return {
      json: issued,
      text: (page) =>
        [
          `${page.paint.good("✓")} ${issued.name} has a token of role ${issued.role}${customer === undefined ? "" : ` for ${customer}`}.`,
          issued.expires_at === null
            ? "It does not expire."
            : `It is valid until ${proseInstant(issued.expires_at)}.`,
          `Shown this once: ${page.paint.strong(issued.token)}`,
          page.paint.faint(
            `→ submeter tokens revoke ${issued.id}${customer === undefined ? "" : ` --customer ${customer}`} --reason …   takes it back`,
          ),
        ].join("\n"),
    };
  },
});
