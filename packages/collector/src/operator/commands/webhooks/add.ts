/** `submeter webhooks add`: whom to tell, of what. The secret is shown this once. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import type { Webhook } from "./webhook.ts";

export const addWebhook = defineCommand({
  words: "add <address>",
  describe: "Tell an https address of events; prints its secret, once",
  options: (program) =>
    program
      .positional("address", {
        type: "string",
        demandOption: true,
        describe: "where to post events",
      })
      .option("types", {
        type: "string",
        requiresArg: true,
        describe: "only these, such as invoice.*,installation.offline; everything when absent",
      })
      .option("description", { type: "string", requiresArg: true, describe: "for whoever reads" }),
  run: async ({ api }, { address: url, types, description }) => {
    const body = { url, types: types?.split(",").map((type) => type.trim()), description };
    const answer = await api.post<{ webhook: Webhook; secret: string }>(apiPath("webhooks"), body);
    const { webhook, secret } = answer;
    return {
      json: answer,
      text: (page) =>
        [
          `${page.paint.good("✓")} ${webhook.id}: ${url} is told of ${webhook.types.length === 0 ? "everything" : webhook.types.join(", ")}.`,
          `Its secret, shown this once: ${page.paint.strong(secret)}`,
          page.paint.faint(`→ submeter webhooks test ${webhook.id}`),
        ].join("\n"),
    };
  },
});
