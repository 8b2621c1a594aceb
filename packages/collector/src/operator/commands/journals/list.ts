/** `submeter journals list`: which agents of an installation report, and how far. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { type Journal, journalsText } from "./journal.ts";

export const listJournals = defineCommand({
  words: "list <installation>",
  describe: "List an installation's journals: how far each is proven, what is missing",
  options: (program) =>
    program.positional("installation", {
      type: "string",
      demandOption: true,
      describe: "the installation",
    }),
  run: async ({ api }, { installation }) => {
    const journals = await api.list<Journal>(apiPath("installations", installation, "journals"));
    return { json: journals, text: (page) => journalsText(page, installation, journals.items) };
  },
});
