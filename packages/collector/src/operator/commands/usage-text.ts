/** Usage as tables: counted, in quarantine, unbilled, and from whom nothing is known. */

import { dimensionsText } from "../text/dimensions-text.ts";
import { quantityText } from "../text/number-text.ts";
import { type Page, paragraphs, section } from "../text/page.ts";
import { type Column, table } from "../text/table.ts";
import { apiInstant, instantText, minuteText, proseInstant } from "../text/time-text.ts";
import type { FleetItem } from "./fleet-text.ts";

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

export type UsageAnswer = {
  readonly rows: readonly UsageRow[];
  readonly totals: Readonly<Record<string, string>>;
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
  readonly fleet: readonly FleetItem[];
};

export function usageText(page: Page, { usage, query, fleet }: Shown): string {
  const unknown = unknownLines(page, query, fleet);
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
function unknownLines(page: Page, query: UsageQuery, fleet: readonly FleetItem[]): string[] {
  const asked = apiInstant(query.from) ?? 0;
  const until = Math.min(apiInstant(query.to) ?? page.now, page.now);
  const silent = fleet
    .filter((item) => item.state !== "retired")
    .filter((item) => query.customer === undefined || item.customer === query.customer)
    .filter((item) => query.installation === undefined || item.installation === query.installation)
    .flatMap(({ installation, state, last_covered: covered }) => {
      const known = apiInstant(covered);
      if (known === null) return [{ installation, what: "has never reported" }];
      if (known >= until - 3600) return [];
      const from = instantText(Math.max(known, asked));
      return [{ installation, what: `nothing is known from ${from} on (${state})` }];
    });
  const longest = Math.max(0, ...silent.map(({ installation }) => installation.length));
  return silent.map(({ installation, what }) => `  ${installation.padEnd(longest)}  ${what}`);
}
