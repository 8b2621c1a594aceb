/** A shutdown that a customer attested, as the operator sees it. */

import { nothing, type Page, paragraphs } from "../../text/page.ts";
import type { Paint } from "../../text/paint.ts";
import { type Column, table } from "../../text/table.ts";
import { cellInstant } from "../../text/time-text.ts";

export type Shutdown = {
  readonly installation: string;
  readonly id: number;
  readonly from: string;
  /** As `from`: takes back what was attested from there before. */
  readonly until: string;
  readonly reason: string;
  readonly stated_by: string | null;
  readonly stated_at: string;
  readonly stated_late: boolean;
  readonly report: { readonly journal: string; readonly sequence: number };
  readonly recorded_at: string;
  readonly status: "waiting" | "accepted" | "rejected" | "replaced";
  readonly decided_at: string | null;
  readonly decided_by: string | null;
  readonly decision_reason: string | null;
};

const colours: Readonly<Record<Shutdown["status"], keyof Paint>> = {
  waiting: "warning",
  accepted: "good",
  rejected: "bad",
  replaced: "faint",
};

const columns: readonly Column[] = [
  { head: "installation" },
  { head: "no.", align: "right" },
  { head: "from (UTC)" },
  { head: "until (UTC)" },
  { head: "status" },
  { head: "attested (UTC)" },
  { head: "by" },
  { head: "why" },
];

export function shutdownsText(page: Page, shutdowns: readonly Shutdown[]): string {
  if (shutdowns.length === 0) {
    return nothing(
      page,
      "No shutdowns were attested.",
      "customers do it with `submeter-agent pause --until … --reason …`",
    );
  }
  const waiting = shutdowns.find(({ status }) => status === "waiting");
  return paragraphs(
    table(
      page,
      columns,
      shutdowns.map((one) => cells(page, one)),
    ),
    waiting === undefined
      ? ""
      : page.paint.faint(
          `→ submeter shutdowns accept ${name(waiting)} --reason …   excuses its hours; or reject it`,
        ),
  );
}

/** As the commands take it. */
export function name({ installation, id }: Pick<Shutdown, "installation" | "id">): string {
  return `${installation} ${id}`;
}

function cells(page: Page, one: Shutdown): string[] {
  const { paint } = page;
  return [
    paint.strong(one.installation),
    String(one.id),
    cellInstant(one.from),
    one.until === one.from ? "taken back" : cellInstant(one.until),
    paint[colours[one.status]](one.status),
    `${cellInstant(one.stated_at)}${one.stated_late ? " late" : ""}`,
    one.stated_by ?? "",
    one.reason,
  ];
}
