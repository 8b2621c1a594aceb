/** `submeter subjects assign`: from an hour on, what is reported under a subject belongs to a customer. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { instantFlag } from "../../input/instant-flag.ts";
import { proseInstant } from "../../text/time-text.ts";
import type { Installation } from "../installations/installation.ts";

export const assignSubject = defineCommand({
  words: "assign <subject>",
  describe: "Say whose a subject's usage is from an hour on, also of the past",
  options: (program) =>
    program
      .positional("subject", { type: "string", demandOption: true, describe: "as it is reported" })
      .option("installation", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "where it is reported",
      })
      .option("customer", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "whose it is",
      })
      .option("from", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "the first instant (snapped to its hour, or now)",
      })
      .option("reason", {
        type: "string",
        requiresArg: true,
        describe: "kept in the audit log",
      }),
  run: async ({ api, now }, { subject, installation, customer, from, reason }) => {
    const body = { customer, subject, from: await instantFlag("from", from, now), reason };
    const answer = await api.post<Installation>(
      apiPath("installations", installation, "assignments"),
      body,
    );
    const begun = answer.assignments?.findLast((one) => one.subject === subject);
    return {
      json: answer,
      text: (page) =>
        [
          `${page.paint.good("✓")} ${subject} of ${installation} is ${customer}'s from ${proseInstant(begun?.from ?? body.from)}.`,
          "Closed periods that this changes are computed again: submeter corrections list",
        ].join("\n"),
    };
  },
});
