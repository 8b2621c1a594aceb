/** `submeter installations show`: one installation with keys and whom it belonged to, when. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { type Installation, installationText } from "./installation.ts";

export const showInstallation = defineCommand({
  words: "show <id>",
  describe: "Show an installation, its keys and whom it belongs to",
  options: (program) =>
    program.positional("id", { type: "string", demandOption: true, describe: "the installation" }),
  run: async ({ api }, { id }) => {
    const installation = await api.get<Installation>(apiPath("installations", id));
    return { json: installation, text: (page) => installationText(page, installation) };
  },
});
