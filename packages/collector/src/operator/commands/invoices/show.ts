/** `submeter invoices show`: the invoice explained, as the collector words it. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";

export const showInvoice = defineCommand({
  words: "show <id>",
  describe: "Show an invoice: every line and how it was computed",
  options: (program) =>
    program.positional("id", { type: "string", demandOption: true, describe: "the invoice" }),
  run: async ({ api }, { id }) => {
    const [invoice, explained] = await Promise.all([
      api.get<unknown>(apiPath("invoices", id)),
      api.text(apiPath("invoices", id, "text")),
    ]);
    return { json: invoice, text: () => explained.trimEnd() };
  },
});
