/** `submeter installations assign`: from an hour on, its usage belongs to another customer. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { instantFlag } from "../../input/instant-flag.ts";
import { proseInstant } from "../../text/time-text.ts";
import type { Installation } from "./installation.ts";

export const assignInstallation = defineCommand({
  words: "assign <id>",
  describe: "Assign an installation, or one subject it serves, to a customer from an hour on",
  options: (program) =>
    program
      .positional("id", { type: "string", demandOption: true, describe: "the installation" })
      .option("customer", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "whom it belongs to from then on",
      })
      .option("from", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "the first instant that is the new customer's (snapped to its hour, or now)",
      })
      .option("subject", {
        type: "string",
        requiresArg: true,
        describe: "only the usage reported under this subject",
      })
      .option("reason", {
        type: "string",
        requiresArg: true,
        describe: "kept in the audit log",
      }),
  run: async ({ api, now }, { id, customer, from, subject, reason }) => {
    const body = { customer, from: await instantFlag("from", from, now), subject, reason };
    const answer = await api.post<Installation>(apiPath("installations", id, "assignments"), body);
    const begun = answer.assignments?.findLast(
      (one) => one.customer === customer && (one.subject ?? "") === (subject ?? ""),
    );
    const what = subject === undefined ? id : `subject ${subject} of ${id}`;
    return {
      json: answer,
      text: (page) =>
        [
          `${page.paint.good("✓")} ${what} belongs to ${customer} from ${proseInstant(begun?.from ?? body.from)}; what was counted before stays where it was.`,
          page.paint.faint(
            "→ was that a mistake? The same command with the same --from, or an earlier one before it begins, replaces it.",
          ),
        ].join("\n"),
    };
  },
});
