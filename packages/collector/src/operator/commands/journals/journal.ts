/** A journal (one file of one agent) as the API shows it, and as an operator reads it. */

import { nothing, type Page, paragraphs } from "../../text/page.ts";
import { type Column, table } from "../../text/table.ts";
import { cellInstant } from "../../text/time-text.ts";

export type Journal = {
  readonly journal: string;
  readonly through: number | string;
  readonly covered_through: string | null;
  /** Sequences that are missing below a report that is here. */
  readonly holes?: readonly (number | string | readonly [number, number])[];
  readonly replaces?: { readonly journal: string; readonly reason: string } | null;
  readonly final_at?: string | null;
  readonly retired_at?: string | null;
  readonly expected?: boolean;
  readonly outcomes?: Readonly<Record<string, number>>;
};

export function journalsText(
  page: Page,
  installation: string,
  journals: readonly Journal[],
): string {
  if (journals.length === 0) {
    return nothing(
      page,
      `${installation} has never reported: it has no journal yet.`,
      "give the customer the environment file; the first report brings the journal",
    );
  }
  const columns: Column[] = [
    { head: "journal" },
    { head: "state" },
    { head: "through", align: "right", drops: 1 },
    { head: "covered up to (UTC)" },
    { head: "reports", drops: 2 },
    { head: "missing" },
    { head: "replaces", drops: 3 },
  ];
  const rows = journals.map((journal) => [
    journal.journal,
    stateText(page, journal),
    String(journal.through),
    cellInstant(journal.covered_through),
    outcomesText(page, journal.outcomes ?? {}),
    page.paint.warning(holesText(journal)),
    journal.replaces ? `${journal.replaces.journal} (${journal.replaces.reason})` : "",
  ]);
  const holed = journals.some((journal) => (journal.holes ?? []).length > 0);
  return paragraphs(
    table(page, columns, rows),
    holed
      ? page.paint.faint("What lies behind a missing report waits for it; nothing of it is zero.")
      : "",
  );
}

function stateText(page: Page, journal: Journal): string {
  if (journal.retired_at) return page.paint.faint(`retired ${cellInstant(journal.retired_at)}`);
  if (journal.final_at) return page.paint.faint(`closed ${cellInstant(journal.final_at)}`);
  return journal.expected === false ? page.paint.faint("replaced") : page.paint.good("expected");
}

function outcomesText(page: Page, outcomes: Readonly<Record<string, number>>): string {
  return Object.entries(outcomes)
    .filter(([, count]) => Number(count) > 0)
    .map(([outcome, count]) => {
      const text = `${count} ${outcome}`;
      return outcome === "accepted" ? text : page.paint.warning(text);
    })
    .join(" · ");
}

function holesText(journal: Journal): string {
  return (journal.holes ?? [])
    .map((hole) => (Array.isArray(hole) ? hole.join("–") : String(hole)))
    .join(", ");
}
