/** `submeter invoices preview`: what the running period comes to so far; nothing is booked. */

import { explainStatement } from "@submeter/shared/rating/explain";
import type { Statement } from "@submeter/shared/rating/statement";

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { periodFlag } from "../../input/period-flag.ts";
import { paragraphs } from "../../text/page.ts";

export type PreviewAnswer = { readonly statement: Statement };

export const previewInvoice = defineCommand({
  words: "preview <customer>",
  describe: "Show what a customer's period comes to as of now, without booking it",
  options: (program) =>
    program
      .positional("customer", { type: "string", demandOption: true, describe: "the customer" })
      .option("period", {
        type: "string",
        requiresArg: true,
        describe: "an instant inside it; the running one when absent",
      }),
  run: async ({ api, now }, { customer, period }) => {
    const answer = await api.post<PreviewAnswer>(apiPath("invoices", "preview"), {
      customer,
      period: await periodFlag(period, now),
    });
    return {
      json: answer,
      text: (page) =>
        paragraphs(
          page.paint.warning(
            "A preview: nothing is booked, and what is not reported yet is not in it.",
          ),
          explainStatement(answer.statement).trimEnd(),
        ),
    };
  },
});
