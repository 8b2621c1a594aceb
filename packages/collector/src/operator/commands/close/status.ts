/** `submeter close status`: which period cannot close, why, and until when at the latest. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { type CloseItem, closeText } from "./close-text.ts";

export const showCloseStatus = defineCommand({
  words: "status",
  describe: "Show which periods are open, what they wait for, and until when",
  options: (program) =>
    program
      .option("customer", { type: "string", requiresArg: true, describe: "only this customer" })
      .option("all", { type: "boolean", default: false, describe: "booked periods too" }),
  run: async ({ api }, { customer, all }) => {
    const close = await api.list<CloseItem>(apiPath("close"), { customer });
    const items = close.items.filter(
      (item) =>
        (customer === undefined || item.customer === customer) && (all || item.state !== "booked"),
    );
    return { json: { ...close, items }, text: (page) => closeText(page, items) };
  },
});
