/** `submeter journals retire`: a disk died; nothing more is expected of that journal. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { instantFlag } from "../../input/instant-flag.ts";
import { proseInstant } from "../../text/time-text.ts";
import type { Journal } from "./journal.ts";

export const retireJournal = defineCommand({
  words: "retire <installation> <journal>",
  describe: "Retire one journal as of an instant: its file is gone for good",
  options: (program) =>
    program
      .positional("installation", {
        type: "string",
        demandOption: true,
        describe: "the installation",
      })
      .positional("journal", {
        type: "string",
        demandOption: true,
        describe: "the journal's UUID, from `submeter journals list`",
      })
      .option("at", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe:
          "the first instant from which nothing is expected of it (or now); never takes it back",
      })
      .option("reason", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "kept in the audit log",
      }),
  run: async ({ api, now }, { installation, journal, at, reason }) => {
    const body = { at: at === "never" ? null : await instantFlag("at", at, now), reason };
    const answer = await api.post<Partial<Journal>>(
      apiPath("installations", installation, "journals", journal, "retire"),
      body,
    );
    return {
      json: answer,
      text: (page) =>
        [
          body.at === null
            ? `${page.paint.good("✓")} journal ${journal} of ${installation} is not retired any more.`
            : `${page.paint.good("✓")} journal ${journal} of ${installation} is retired as of ${proseInstant(answer.retired_at ?? body.at)}.`,
          "Closed periods that this changes are computed again: submeter corrections list",
        ].join("\n"),
    };
  },
});
