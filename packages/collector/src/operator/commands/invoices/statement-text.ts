/** A statement that is not booked: its lines with how each was computed. */

import type { Statement, StatementLine } from "@submeter/shared/rating/statement";

import { dimensionsText } from "../../text/dimensions-text.ts";
import { amountText, quantityText } from "../../text/number-text.ts";
import { type Page, pairs, paragraphs, section } from "../../text/page.ts";
import { table } from "../../text/table.ts";
import { periodText } from "../../text/time-text.ts";
import { basisText } from "./invoice.ts";

/** The collector's answer; `text` when it explains the statement itself. */
export type PreviewAnswer = { readonly statement: Statement; readonly text?: string };

export function statementText(page: Page, { statement, text }: PreviewAnswer): string {
  if (text !== undefined) return text.trimEnd();
  return paragraphs(
    pairs(page, [
      ["Customer", page.paint.strong(statement.customer)],
      ["Contract", `${statement.contract.id}, version ${statement.contract.version}`],
      ["Plan", `${statement.plan.id}@${statement.plan.version}`],
      ["Period", periodText(statement.period)],
      ["Basis", basisText(statement)],
      ["Hours", statement.hours.text],
    ]),
    linesText(page, statement),
    section(page, "Used without a price: keeps the period open", unpricedText(page, statement)),
  );
}

function linesText(page: Page, statement: Statement): string {
  const columns = [
    { head: "line" },
    { head: "quantity", align: "right" as const },
    { head: "price", align: "right" as const },
    { head: "amount", align: "right" as const },
  ];
  const rows = statement.lines.map((line) => lineCells(line, statement.currency));
  const total = [
    page.paint.strong("Total so far"),
    "",
    "",
    page.paint.strong(amountText(statement.total, statement.currency)),
  ];
  return table(page, columns, [...rows, total]);
}

function lineCells(line: StatementLine, currency: string): string[] {
  const quantity =
    line.quantity === null ? "" : `${quantityText(line.quantity)} ${line.unit ?? ""}`.trimEnd();
  return [
    line.description,
    quantity,
    line.unit_price === null ? "" : amountText(line.unit_price, currency),
    amountText(line.amount, currency),
  ];
}

function unpricedText(page: Page, statement: Statement): string {
  if (statement.unpriced.length === 0) return "";
  const columns = [
    { head: "meter" },
    { head: "dimensions" },
    { head: "quantity", align: "right" as const },
    { head: "why" },
  ];
  return table(
    page,
    columns,
    statement.unpriced.map((row) => [
      row.meter,
      dimensionsText(row.dimensions),
      quantityText(row.quantity),
      page.paint.warning(row.reason.replaceAll("_", " ")),
    ]),
  );
}
