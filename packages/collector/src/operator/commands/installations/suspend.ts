/** `submeter installations suspend|resume`: what the product may use changes; what is counted does not. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { proseInstant } from "../../text/time-text.ts";
import type { Installation } from "./installation.ts";

const words = {
  suspend: {
    describe: "Tell the product that it may not be used; reports are taken in all the same",
    done: ({ suspended }: Installation) =>
      `is suspended from ${proseInstant(suspended?.from ?? null)}. Its product learns it with the next state; what it reports is recorded like any other.`,
  },
  resume: {
    describe: "Lift a suspension",
    done: () => "is no longer suspended. Its product learns it with the next state.",
  },
} as const;

export const suspendInstallation = decided("suspend");
export const resumeInstallation = decided("resume");

function decided(verb: keyof typeof words) {
  return defineCommand({
    words: `${verb} <id>`,
    describe: words[verb].describe,
    options: (program) =>
      program
        .positional("id", { type: "string", demandOption: true, describe: "the installation" })
        .option("reason", {
          type: "string",
          demandOption: true,
          requiresArg: true,
          describe: "kept in the audit log",
        }),
    run: async ({ api }, { id, reason }) => {
      const answer = await api.post<Installation>(apiPath("installations", id, verb), { reason });
      return {
        json: answer,
        text: (page) => `${page.paint.good("✓")} ${id} ${words[verb].done(answer)}`,
      };
    },
  });
}
