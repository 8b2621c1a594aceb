/** What a report says: the time it covers and its lines. */

import { dimensionsText } from "../../text/dimensions-text.ts";
import { quantityText } from "../../text/number-text.ts";
import { type Page, paragraphs } from "../../text/page.ts";
import { table } from "../../text/table.ts";
import { cellInstant, proseInstant } from "../../text/time-text.ts";

export type ReportContent = {
  readonly coverage?: readonly (readonly [string, string])[];
  readonly usage?: readonly {
    readonly meter: string;
    readonly window: string;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly quantity: string;
  }[];
};

export function reportContentText(page: Page, content: ReportContent): string {
  const coverage = (content.coverage ?? [])
    .map(([from, to]) => `counting ${proseInstant(from)} to ${proseInstant(to)}`)
    .join("\n");
  const usage = content.usage ?? [];
  const rows = usage.map((line) => [
    cellInstant(line.window),
    line.meter,
    dimensionsText(line.dimensions),
    quantityText(line.quantity),
  ]);
  const columns = [
    { head: "hour (UTC)" },
    { head: "meter" },
    { head: "dimensions", shrinks: true as const },
    { head: "quantity", align: "right" as const },
  ];
  return paragraphs(
    coverage === "" ? "no coverage: it brings counts of hours covered elsewhere" : coverage,
    usage.length === 0 ? "no usage" : table(page, columns, rows),
  );
}
