/** `submeter invoices close`: books what can close now; what cannot is left, with its reason. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { periodFlag } from "../../input/period-flag.ts";
import { type Page, paragraphs, section } from "../../text/page.ts";
import { type Invoice, invoicesText } from "./invoice.ts";
import { type CloseItem, closeText } from "../close/close-text.ts";

type Closed = {
  readonly closed: readonly Invoice[];
  readonly waiting?: readonly CloseItem[];
};

export const closePeriods = defineCommand({
  words: "close",
  describe: "Close what can be closed now and book its invoices",
  options: (program) =>
    program
      .option("customer", { type: "string", requiresArg: true, describe: "only this customer" })
      .option("period", {
        type: "string",
        requiresArg: true,
        describe: "only the period that holds this instant",
      })
      .option("accept-unpriced", {
        type: "boolean",
        default: false,
        describe: "close although some usage has no price; it is then never billed",
      }),
  run: async ({ api, now }, { customer, period, acceptUnpriced }) => {
    const answer = await api.post<Closed>(apiPath("invoices", "close"), {
      customer,
      period: await periodFlag(period, now),
      ...(acceptUnpriced ? { accept_unpriced: true } : {}),
    });
    return { json: answer, text: (page) => closedText(page, answer) };
  },
});

function closedText(page: Page, { closed, waiting = [] }: Closed): string {
  return paragraphs(
    closed.length === 0
      ? `Nothing can close now.\n${page.paint.faint("→ submeter close status   tells what each period waits for")}`
      : `${page.paint.good("✓")} ${closed.length === 1 ? "One invoice is" : `${closed.length} invoices are`} booked.`,
    closed.length === 0 ? "" : invoicesText(page, closed),
    waiting.length === 0 ? "" : section(page, "Still waiting", closeText(page, waiting)),
  );
}
