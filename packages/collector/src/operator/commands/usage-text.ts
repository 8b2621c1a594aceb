/** Usage as tables: counted, adjusted, in quarantine, unbilled, and from whom nothing is known. */

import { dimensionsText } from "../text/dimensions-text.ts";
import { quantityText } from "../text/number-text.ts";
import { type Page, paragraphs, section } from "../text/page.ts";
import { type Column, table } from "../text/table.ts";
import { apiInstant, instantText, minuteText, proseInstant } from "../text/time-text.ts";

export type UsageRow = {
  readonly at: string | null;
  readonly customer: string | null;
  readonly meter: string;
  readonly dimensions?: Readonly<Record<string, string>> | null;
  readonly quantity: string;
};

/** Usage that is known and does not count, with the reason. */
export type ApartRow = UsageRow & {
  readonly installation?: string;
  readonly code?: string | null;
  readonly reason?: string | null;
};

/** What an operator corrected and another approved: billed so, counted by nobody. */
export type AdjustedRow = {
  readonly id: string;
  readonly customer: string;
  readonly meter: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly from: string;
  readonly to: string;
  readonly within: string;
  readonly reason: string;
};

export type UsageAnswer = {
  readonly rows: readonly UsageRow[];
  readonly totals: Readonly<Record<string, string>>;
  readonly adjustments?: readonly AdjustedRow[] | null;
  readonly adjusted?: Readonly<Record<string, string>>;
  readonly unknown?: readonly {
    readonly installation: string;
    readonly from: string;
    readonly never_reported: boolean;
  }[];
  readonly quarantined?: readonly ApartRow[];
  readonly unbilled?: readonly ApartRow[];
  /** Not null: there are more rows; totals are of all. */
  readonly next?: string | null;
};

export type UsageQuery = {
  readonly from: string;
  readonly to: string;
  readonly by: "hour" | "day" | "total";
  readonly customer: string | undefined;
  readonly installation: string | undefined;
};

type Shown = {
  readonly usage: UsageAnswer;
  readonly query: UsageQuery;
};

export function usageText(page: Page, { usage, query }: Shown): string {
  const unknown = unknownLines(usage);
  return paragraphs(
    page.paint.faint(`${proseInstant(query.from)} to ${proseInstant(query.to)}`),
    usage.rows.length === 0
      ? emptyText(page, unknown.length > 0)
      : countedText(page, usage, query.by),
    (usage.next ?? null) === null
      ? ""
      : page.paint.warning(
          "These are the first rows only; the totals are of all. Narrow it with --customer, --meter or --by total.",
        ),
    section(page, "Adjusted by a person: billed so, in no count above", adjusted(page, usage)),
    section(page, "In quarantine: not counted, not billed", apart(page, usage.quarantined ?? [])),
    (usage.quarantined ?? []).length === 0
      ? ""
      : page.paint.faint("→ submeter reports list --undecided"),
    section(page, "Counted, but not billed", apart(page, usage.unbilled ?? [])),
    section(page, "Not known yet: missing, not zero", unknown.join("\n")),
  );
}

function emptyText(page: Page, someUnknown: boolean): string {
  return someUnknown
    ? "No usage is known for this time."
    : `No usage was counted in this time.\n${page.paint.faint("→ submeter fleet   shows who reports")}`;
}

function countedText(page: Page, usage: UsageAnswer, by: UsageQuery["by"]): string {
  const columns: Column[] = [
    { head: by === "total" ? "" : `${by} (UTC)` },
    { head: "customer" },
    { head: "meter" },
    { head: "dimensions", shrinks: true },
    { head: "quantity", align: "right" },
  ];
  const rows = usage.rows.map((row) => [atText(row.at, by), ...whatCells(row)]);
  const totals = Object.entries(usage.totals).map(([meter, quantity]) => [
    meter,
    page.paint.strong(quantityText(quantity)),
  ]);
  const totalColumns: Column[] = [{ head: "meter" }, { head: "total", align: "right" }];
  return paragraphs(
    table(page, columns, rows),
    section(page, "Total counted", table(page, totalColumns, totals)),
  );
}

function apart(page: Page, rows: readonly ApartRow[]): string {
  if (rows.length === 0) return "";
  const columns: Column[] = [
    { head: "from (UTC)" },
    { head: "installation" },
    { head: "customer", drops: 1 },
    { head: "meter" },
    { head: "dimensions", shrinks: true },
    { head: "quantity", align: "right" },
    { head: "why", shrinks: true },
  ];
  return table(
    page,
    columns,
    rows.map((row) => [
      atText(row.at, "hour"),
      row.installation ?? "",
      ...whatCells(row),
      page.paint.warning(row.reason ?? row.code ?? ""),
    ]),
  );
}

function whatCells(row: UsageRow): string[] {
  return [
    row.customer ?? "–",
    row.meter,
    dimensionsText(row.dimensions),
    quantityText(row.quantity),
  ];
}

function atText(at: string | null, by: UsageQuery["by"]): string {
  const instant = apiInstant(at);
  if (instant === null || by === "total") return "";
  return by === "day" ? minuteText(instant).slice(0, 10) : minuteText(instant);
}

/** For whom the asked time, as far as it is over, reaches beyond what is proven. */
function unknownLines({ unknown = [] }: UsageAnswer): string[] {
  const longest = Math.max(0, ...unknown.map(({ installation }) => installation.length));
  const lines = unknown.map(({ installation, from, never_reported: never }) => {
    const since = instantText(apiInstant(from) ?? 0);
    const what = never ? "has never reported" : `nothing is known from ${since} on`;
    return `  ${installation.padEnd(longest)}  ${what}`;
  });
  return unknown.length < unknownShown ? lines : [...lines, "  … and perhaps more: submeter fleet"];
}

/** As many as the collector names. */
const unknownShown = 100;

function adjusted(page: Page, { adjustments, adjusted: totals = {} }: UsageAnswer): string {
  const rows = adjustments ?? [];
  if (rows.length === 0) return "";
  const columns: Column[] = [
    { head: "adjustment" },
    { head: "from (UTC)" },
    { head: "meter" },
    { head: "dimensions", shrinks: true },
    { head: "quantity", align: "right" },
    { head: "why", shrinks: true },
  ];
  const cells = rows.map((row) => [
    row.id,
    atText(row.from, "hour"),
    row.meter,
    dimensionsText(row.dimensions),
    signed(row.within),
    row.reason,
  ]);
  const totalColumns: Column[] = [{ head: "meter" }, { head: "with it", align: "right" }];
  const sums = Object.entries(totals).map(([meter, quantity]) => [
    meter,
    page.paint.strong(quantityText(quantity)),
  ]);
  return paragraphs(table(page, columns, cells), table(page, totalColumns, sums));
}

function signed(quantity: string): string {
  const text = quantityText(quantity);
  return text.startsWith("-") ? text : `+${text}`;
}
