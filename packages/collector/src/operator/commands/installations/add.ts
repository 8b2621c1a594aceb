/** `submeter installations add`: a place where usage will be counted, and its first key. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { instantFlag } from "../../input/instant-flag.ts";
import { proseInstant } from "../../text/time-text.ts";
import type { Installation } from "./installation.ts";
import { handOver, type IssuedKey } from "./issued-key.ts";

type Added = IssuedKey & { readonly installation: Installation };

export const addInstallation = defineCommand({
  words: "add <id>",
  describe: "Add an installation and print its environment file, once",
  options: (program) =>
    program
      .positional("id", {
        type: "string",
        demandOption: true,
        describe: "a short name in lower case, such as acme-eu; it never changes",
      })
      .option("customer", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "whom its usage belongs to",
      })
      .option("enrolled", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "from when its usage counts (an instant, snapped to its hour, or now)",
      })
      .option("subject-routing", {
        type: "boolean",
        default: false,
        describe: "it serves many customers, told apart by the subject dimension",
      })
      .option("out", {
        type: "string",
        requiresArg: true,
        describe: "write the environment file here (mode 0600) and not onto the screen",
      }),
  run: async ({ api, now }, { id, customer, enrolled, subjectRouting, out }) => {
    const enrolledAt = await instantFlag("enrolled", enrolled, now);
    return handOver<Added>({
      out,
      whose: `installation ${id} of ${customer}`,
      issue: () =>
        api.post(apiPath("installations"), {
          id,
          customer,
          enrolled: enrolledAt,
          ...(subjectRouting ? { subject_routing: true } : {}),
        }),
      told: (page, { installation, key }) =>
        `${page.paint.good("✓")} ${installation.id} counts for ${customer} from ${proseInstant(installation.enrolled_at)}, with key ${key.number}.`,
    });
  },
});
