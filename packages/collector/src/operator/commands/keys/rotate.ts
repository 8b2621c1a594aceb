/** `submeter keys rotate`: a new key; the old one still verifies what waits under it. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { handOver, type IssuedKey } from "../installations/issued-key.ts";

export const rotateKey = defineCommand({
  words: "rotate <installation>",
  describe: "Make a new key and print the environment file, once",
  options: (program) =>
    program
      .positional("installation", {
        type: "string",
        demandOption: true,
        describe: "the installation",
      })
      .option("keep-active", {
        type: "boolean",
        default: false,
        describe: "leave the previous key active too",
      })
      .option("reason", {
        type: "string",
        requiresArg: true,
        describe: "kept in the audit log",
      })
      .option("out", {
        type: "string",
        requiresArg: true,
        describe: "write the environment file here (mode 0600) and not onto the screen",
      }),
  run: async ({ api }, { installation, keepActive, reason, out }) =>
    handOver<IssuedKey>({
      out,
      whose: `installation ${installation}`,
      issue: () =>
        api.post(apiPath("installations", installation, "keys"), {
          ...(keepActive && { keep_active: true }),
          ...(reason !== undefined && { reason }),
        }),
      told: (page, { key }) =>
        [
          `${page.paint.good("✓")} ${installation} has key ${key.number}.`,
          keepActive
            ? "The previous key stays active."
            : "The previous key is verify-only: what was signed with it before still counts.",
        ].join("\n"),
    }),
});
