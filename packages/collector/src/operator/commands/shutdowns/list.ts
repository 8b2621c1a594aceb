/** `submeter shutdowns list`: what customers attested. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { limitFlag, limitOption } from "../../input/limit-flag.ts";
import { moreText, paragraphs } from "../../text/page.ts";
import { type Shutdown, shutdownsText } from "./shutdown.ts";

export const listShutdowns = defineCommand({
  words: "list",
  describe: "List attested shutdowns, such as those that wait for your word",
  options: (program) =>
    program
      .option("installation", {
        type: "string",
        requiresArg: true,
        describe: "only of this installation",
      })
      .option("status", {
        choices: ["waiting", "accepted", "rejected", "replaced"] as const,
        describe: "only in this state",
      })
      .option("limit", limitOption),
  run: async ({ api, audience }, { installation, status, limit }) => {
    const shutdowns = await api.list<Shutdown>(
      apiPath("shutdowns"),
      { installation, status },
      limitFlag(limit, audience),
    );
    return {
      json: shutdowns,
      text: (page) =>
        paragraphs(shutdownsText(page, shutdowns.items), moreText(page, shutdowns.next)),
    };
  },
});
