/** `submeter invoices show`: the invoice explained, as the collector words it, and what came of it since. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { amountText, signedAmountText } from "../../text/number-text.ts";
import { type Page, paragraphs, section } from "../../text/page.ts";
import { table } from "../../text/table.ts";
import type { CorrectedBy, CreditNote, Invoice } from "./invoice.ts";

export const showInvoice = defineCommand({
  words: "show <id>",
  describe: "Show an invoice: every line and how it was computed",
  options: (program) =>
    program.positional("id", { type: "string", demandOption: true, describe: "the invoice" }),
  run: async ({ api }, { id }) => {
    const invoice = await api.get<Invoice>(apiPath("invoices", id));
    const explained = await api.text(apiPath("invoices", id, "text"));
    return {
      json: invoice,
      text: (page) =>
        paragraphs(
          explained.trimEnd(),
          section(page, "Since it was booked", sinceText(page, invoice)),
        ),
    };
  },
});

function sinceText(page: Page, invoice: Invoice): string {
  const rows = [
    ...(invoice.corrected_by ?? []).map((one) => correctionCells(one, invoice.currency)),
    ...(invoice.credit_notes ?? []).map((one) => noteCells(one, invoice.currency)),
  ];
  if (rows.length === 0) return "";
  const columns = [
    { head: "what" },
    { head: "amount", align: "right" as const },
    { head: "status" },
    { head: "where", shrinks: true as const },
  ];
  return table(page, columns, rows);
}

function correctionCells(one: CorrectedBy, currency: string): string[] {
  return [
    `correction ${one.id}`,
    signedAmountText(one.amount, currency),
    one.status.replaceAll("_", " "),
    one.invoice === null ? (one.status_reason ?? "") : `on invoice ${one.invoice}`,
  ];
}

function noteCells(one: CreditNote, currency: string): string[] {
  return [
    `credit note ${one.id}`,
    amountText(one.total, currency),
    one.status.replaceAll("_", " "),
    one.stripe?.number ?? "",
  ];
}
