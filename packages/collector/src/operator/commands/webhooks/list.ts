/** `submeter webhooks list`. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { type Webhook, webhooksText } from "./webhook.ts";

export const listWebhooks = defineCommand({
  words: "list",
  describe: "List who is told of events, and what could not be delivered",
  options: (program) =>
    program.option("all", { type: "boolean", default: false, describe: "removed ones too" }),
  run: async ({ api }, { all }) => {
    const found = await api.list<Webhook>(apiPath("webhooks"));
    const items = found.items.filter(({ disabled_at: disabled }) => all || disabled === null);
    return { json: { ...found, items }, text: (page) => webhooksText(page, items) };
  },
});
