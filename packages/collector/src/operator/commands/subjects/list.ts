/** `submeter subjects list`: who is counted for at installations that serve many, and what belongs to nobody. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { nothing, type Page, paragraphs, plural } from "../../text/page.ts";
import { table } from "../../text/table.ts";
import { cellInstant } from "../../text/time-text.ts";

export type Subject = {
  readonly installation: string;
  readonly subject: string;
  readonly customer: string | null;
  readonly first_window: string;
  readonly last_window: string;
  readonly unassigned_lines: number;
  readonly unassigned_from: string | null;
};

export const listSubjects = defineCommand({
  words: "list",
  describe: "List subjects whose usage belongs to nobody yet",
  options: (program) =>
    program
      .option("installation", { type: "string", requiresArg: true, describe: "only of this one" })
      .option("all", { type: "boolean", default: false, describe: "those with a customer too" }),
  run: async ({ api }, { installation, all }) => {
    const query = { installation, ...(!all && { unassigned: "true" }) };
    const found = await api.list<Subject>(apiPath("subjects"), query);
    return { json: found, text: (page) => subjectsText(page, found.items, all) };
  },
});

function subjectsText(page: Page, items: readonly Subject[], all: boolean): string {
  if (items.length === 0) {
    return all
      ? nothing(
          page,
          "No installation has counted for a subject yet.",
          "submeter installations add saas --customer us --enrolled now --subject-routing",
        )
      : nothing(
          page,
          "Every subject that was counted for belongs to a customer.",
          "submeter subjects list --all",
        );
  }
  const rows = items.map((item) => [
    item.installation,
    item.subject === "" ? page.paint.faint("(none named)") : page.paint.strong(item.subject),
    item.customer ?? page.paint.bad("nobody"),
    cellInstant(item.first_window),
    cellInstant(item.last_window),
    item.unassigned_lines === 0 ? "" : plural(item.unassigned_lines, "line"),
    item.unassigned_from === null ? "" : cellInstant(item.unassigned_from),
  ]);
  const first = items.find((item) => item.unassigned_lines > 0);
  const next =
    first === undefined
      ? ""
      : page.paint.faint(
          `→ submeter subjects assign ${first.subject || "SUBJECT"} --installation ${first.installation} --customer … --from ${first.unassigned_from}`,
        );
  return paragraphs(
    table(
      page,
      [
        { head: "installation" },
        { head: "subject" },
        { head: "belongs to" },
        { head: "first hour (UTC)", drops: 2 },
        { head: "last hour (UTC)", drops: 1 },
        { head: "unbilled", align: "right" },
        { head: "since (UTC)" },
      ],
      rows,
    ),
    next,
  );
}
