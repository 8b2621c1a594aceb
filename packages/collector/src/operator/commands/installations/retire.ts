/** `submeter installations retire`: from an instant on, nothing is expected from it any more. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { instantFlag } from "../../input/instant-flag.ts";
import { proseInstant } from "../../text/time-text.ts";
import type { Installation } from "./installation.ts";

export const retireInstallation = defineCommand({
  words: "retire <id>",
  describe: "Retire an installation as of an instant, also of the past",
  options: (program) =>
    program
      .positional("id", { type: "string", demandOption: true, describe: "the installation" })
      .option("at", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "the first instant from which nothing is expected (or now); never takes it back",
      })
      .option("reason", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "kept in the audit log",
      }),
  run: async ({ api, now }, { id, at, reason }) => {
    const body = { at: at === "never" ? null : await instantFlag("at", at, now), reason };
    const answer = await api.post<Partial<Installation>>(
      apiPath("installations", id, "retire"),
      body,
    );
    return {
      json: answer,
      text: (page) =>
        [
          ...(body.at === null
            ? [`${page.paint.good("✓")} ${id} is not retired any more: it is expected to report.`]
            : [
                `${page.paint.good("✓")} ${id} is retired as of ${proseInstant(answer.retired_at ?? body.at)}.`,
                "Nothing is expected of it from then on; its keys still take in what was counted before.",
              ]),
          "Closed periods that this changes are computed again: submeter corrections list",
        ].join("\n"),
    };
  },
});
