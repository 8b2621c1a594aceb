/** `submeter audit export`: the whole chain as a file, to be kept elsewhere and verified by anybody. */

import type { ChainedEntry } from "@submeter/shared/evidence/audit-chain";

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { plural } from "../../text/page.ts";
import { writeChainFile } from "./chain-file.ts";

export const exportAudit = defineCommand({
  words: "export",
  describe: "Write the whole log into a file that `audit verify --file` takes",
  options: (program) =>
    program.option("out", {
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "the file to write; it must not be there yet",
    }),
  run: async ({ api }, { out }) => {
    const { items } = await api.list<ChainedEntry>(apiPath("audit", "chain"));
    await writeChainFile(out, items);
    const last = items.at(-1);
    const head = last === undefined ? null : { number: last.number, hash: last.hash };
    return {
      json: { file: out, entries: items.length, head },
      text: ({ paint }) =>
        `${paint.good("✓")} ${out} holds ${plural(items.length, "entry", "entries")}.`,
    };
  },
});
