/** `submeter audit list`: who did what to whom, and why. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { instantFlag } from "../../input/instant-flag.ts";
import { limitFlag, limitOption } from "../../input/limit-flag.ts";
import { moreText, paragraphs } from "../../text/page.ts";
import { type AuditEntry, entriesText } from "./entry.ts";

const text = { type: "string", requiresArg: true } as const;

export const listAudit = defineCommand({
  words: "list",
  describe: "List who did what to whom, and why; the newest first",
  options: (program) =>
    program
      .option("subject", { ...text, describe: "only of this one, such as customer:acme" })
      .option("who", { ...text, describe: "only by this operator" })
      .option("action", { ...text, describe: "only this action, such as contract.set or contract" })
      .option("from", { ...text, describe: "from this instant on" })
      .option("to", { ...text, describe: "before this instant" })
      .option("limit", limitOption),
  run: async ({ api, audience, now }, { subject, who, action, from, to, limit }) => {
    const query = {
      subject,
      who,
      action,
      from: from === undefined ? undefined : await instantFlag("from", from, now),
      to: to === undefined ? undefined : await instantFlag("to", to, now),
    };
    const entries = await api.list<AuditEntry>(apiPath("audit"), query, limitFlag(limit, audience));
    return {
      json: entries,
      text: (page) => paragraphs(entriesText(page, entries.items), moreText(page, entries.next)),
    };
  },
});
