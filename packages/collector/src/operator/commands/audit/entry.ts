/** An entry of the audit log, as the API gives it and as a person reads it. */

import { nothing, type Page } from "../../text/page.ts";
import { table } from "../../text/table.ts";
import { cellInstant } from "../../text/time-text.ts";

export type AuditEntry = {
  readonly number: number;
  readonly previous: string | null;
  readonly hash: string;
  readonly at: string;
  readonly who: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | null;
  readonly before: unknown;
  readonly after: unknown;
};

export function entriesText(page: Page, entries: readonly AuditEntry[]): string {
  if (entries.length === 0) {
    return nothing(page, "There are no such entries.", "submeter audit list   shows the newest");
  }
  const columns = [
    { head: "no", align: "right" as const },
    { head: "at (UTC)" },
    { head: "who" },
    { head: "what" },
    { head: "of" },
    { head: "why", shrinks: true as const },
    { head: "before → after", shrinks: true as const, drops: 1 },
  ];
  const rows = entries.map((entry) => [
    String(entry.number),
    cellInstant(entry.at),
    entry.who,
    entry.action,
    page.paint.strong(entry.subject),
    entry.reason ?? "",
    changeText(entry),
  ]);
  return table(page, columns, rows);
}

function changeText({ before, after }: AuditEntry): string {
  const shown = [before, after].map((value) => (value === null ? "–" : JSON.stringify(value)));
  return before === null && after === null ? "" : shown.join(" → ");
}
