/** `submeter webhooks remove`: nothing more is sent there; what was sent stays on record. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import type { Webhook } from "./webhook.ts";

export const removeWebhook = defineCommand({
  words: "remove <id>",
  describe: "Tell an address nothing more",
  options: (program) =>
    program
      .positional("id", { type: "string", demandOption: true, describe: "the webhook" })
      .option("reason", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "kept in the audit log",
      }),
  run: async ({ api }, { id, reason }) => {
    const answer = await api.post<Webhook>(apiPath("webhooks", id, "remove"), { reason });
    return {
      json: answer,
      text: (page) => `${page.paint.good("✓")} ${id} is removed: nothing more is sent there.`,
    };
  },
});
