/** The verb `verify`. */

import { type Verb, agentAt, jsonOption, listenOption, stateOption, text } from "./verb.ts";

export const verifyVerb: Verb = (program, { environment, io, endWith }) =>
  program.command(
    "verify",
    "Verify chain, digests, signatures and receipts of everything that was sealed here",
    (y) =>
      y
        .option("listen", listenOption)
        .option("state", stateOption)
        .option("file", text("Verify this journal's file alone, and ask no agent"))
        .option("json", jsonOption),
    async ({ listen, state, file, json }) => {
      const { journalFile, readKeyIfAny, readStateDirectory } = await import("../config.ts");
      const { fileArchive, otherJournals } = await import("../archive/file-archive.ts");
      const { openArchive } = await import("../commands/open-archive.ts");
      const { verify } = await import("../commands/verify.ts");
      const directory = readStateDirectory(environment, { SUBMETER_AGENT_STATE: state });
      const current = journalFile(directory);
      const key = readKeyIfAny(environment);
      const archive =
        file === undefined
          ? await openArchive(agentAt(environment, listen), current)
          : fileArchive(file);
      const others = file === undefined ? otherJournals(directory, current) : [];
      await endWith(verify({ archive, others, key }, { json }, io));
    },
  );
