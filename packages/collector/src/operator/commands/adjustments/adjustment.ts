/** An adjustment of usage as an operator reads it. */

import { dimensionsText } from "../../text/dimensions-text.ts";
import { quantityText } from "../../text/number-text.ts";
import { nothing, type Page, paragraphs, section } from "../../text/page.ts";
import type { Paint } from "../../text/paint.ts";
import { type Column, table } from "../../text/table.ts";
import { cellInstant } from "../../text/time-text.ts";

export type AdjustmentStatus = "proposed" | "approved" | "rejected";

export type Adjustment = {
  readonly id: string;
  readonly customer: string;
  readonly meter: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly from: string;
  readonly to: string;
  readonly quantity: string;
  readonly reason: string;
  readonly status: AdjustmentStatus;
  readonly created_by: string;
  readonly decided_by: string | null;
  readonly decision_reason: string | null;
};

const colours: Readonly<Record<AdjustmentStatus, keyof Paint>> = {
  proposed: "warning",
  approved: "good",
  rejected: "faint",
};

const columns: readonly Column[] = [
  { head: "adjustment" },
  { head: "customer" },
  { head: "meter" },
  { head: "dimensions", drops: 2 },
  { head: "quantity", align: "right" },
  { head: "from (UTC)" },
  { head: "to (UTC)" },
  { head: "status" },
  { head: "by", drops: 1 },
  { head: "reason", shrinks: true },
];

export function adjustmentsText(page: Page, items: readonly Adjustment[]): string {
  if (items.length === 0) {
    return nothing(
      page,
      "What was counted was never adjusted.",
      "submeter usage adjust --customer acme --meter requests --from … --to … --quantity=-500 --reason …",
    );
  }
  const waiting = items.filter(({ status }) => status === "proposed");
  return paragraphs(
    table(
      page,
      columns,
      items.map((item) => [
        item.id,
        page.paint.strong(item.customer),
        item.meter,
        dimensionsText(item.dimensions),
        signedText(item.quantity),
        cellInstant(item.from),
        cellInstant(item.to),
        page.paint[colours[item.status]](item.status),
        item.decided_by === null ? item.created_by : `${item.created_by}, ${item.decided_by}`,
        item.reason,
      ]),
    ),
    section(
      page,
      "What needs you",
      waiting
        .map(({ id, created_by: by }) =>
          [
            `  ${page.paint.strong(id)} waits for somebody other than ${by}`,
            `    → submeter adjustments approve ${id} --reason …   or reject it`,
          ].join("\n"),
        )
        .join("\n"),
    ),
  );
}

export function signedText(quantity: string): string {
  return quantity.startsWith("-") ? quantityText(quantity) : `+${quantityText(quantity)}`;
}
