/** `submeter invoices push`: what was refused, or never pushed, goes out again. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { errorText, type Invoice } from "./invoice.ts";

export const pushInvoice = defineCommand({
  words: "push <id>",
  describe: "Bring a refused or unpushed invoice to the payment provider again",
  options: (program) =>
    program
      .positional("id", { type: "string", demandOption: true, describe: "the invoice" })
      .option("reason", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "kept in the audit log",
      }),
  run: async ({ api }, { id, reason }) => {
    const invoice = await api.post<Invoice>(apiPath("invoices", id, "push"), { reason });
    return {
      json: invoice,
      exitCode: invoice.status === "refused" ? 1 : 0,
      text: ({ paint }) => {
        const number = invoice.stripe?.number ?? null;
        if (number !== null) return `${paint.good("✓")} ${id} is finalized as ${number}.`;
        const state = invoice.status.replaceAll("_", " ");
        return `${paint.warning("!")} ${id} is ${state}: ${errorText(invoice)}`;
      },
    };
  },
});
