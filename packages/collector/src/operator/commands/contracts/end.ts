/** `submeter contracts end`: the term gets its end; the last period is cut there. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { instantFlag } from "../../input/instant-flag.ts";
import { bullets } from "../../text/page.ts";
import { proseInstant } from "../../text/time-text.ts";

type Ended = { readonly effects: readonly string[] };

export const endContract = defineCommand({
  words: "end <id>",
  describe: "End a contract at an instant",
  options: (program) =>
    program
      .positional("id", { type: "string", demandOption: true, describe: "the contract" })
      .option("at", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "the first instant that is no longer under it (or now)",
      })
      .option("reason", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "kept with the contract",
      }),
  run: async ({ api, now }, { id, at, reason }) => {
    const body = { at: await instantFlag("at", at, now), reason };
    const answer = await api.post<Ended>(apiPath("contracts", id, "end"), body);
    return {
      json: answer,
      text: (page) =>
        [
          `${page.paint.good("✓")} contract ${id} ends at ${proseInstant(body.at)}.`,
          bullets(page, answer.effects),
        ]
          .filter((line) => line !== "")
          .join("\n"),
    };
  },
});
