/** `submeter webhooks rotate`: a new secret; the one before signs beside it for a while. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { hoursFlag } from "../../input/hours-flag.ts";
import { proseInstant } from "../../text/time-text.ts";

export const rotateWebhook = defineCommand({
  words: "rotate <id>",
  describe: "Make a new secret; prints it, once",
  options: (program) =>
    program
      .positional("id", { type: "string", demandOption: true, describe: "the webhook" })
      .option("overlap", {
        type: "string",
        default: "24h",
        requiresArg: true,
        describe: "how long the one before signs beside it",
      }),
  run: async ({ api }, { id, overlap }) => {
    const body = { overlap_hours: hoursFlag("overlap", overlap) };
    const path = apiPath("webhooks", id, "rotate");
    const answer = await api.post<{ secret: string; overlap_until: string }>(path, body);
    return {
      json: answer,
      text: (page) =>
        [
          `${page.paint.good("✓")} ${id} has a new secret, shown this once: ${page.paint.strong(answer.secret)}`,
          `Both sign until ${proseInstant(answer.overlap_until)}; put the new one in place before.`,
        ].join("\n"),
    };
  },
});
