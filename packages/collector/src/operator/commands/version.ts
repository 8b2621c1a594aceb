/** `submeter version`: of this program. */

import { defineCommand } from "../command.ts";

export const showVersion = defineCommand({
  words: "version",
  describe: "Print the version of this program",
  options: (program) => program,
  run: async ({ version }) => ({
    json: { submeter: version },
    text: () => `submeter ${version}`,
  }),
});
