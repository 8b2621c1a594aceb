/** The verb `import-receipts`. */

import { importReceipts } from "../commands/air-gap.ts";
import { type Verb, agentAt, localOptions } from "./verb.ts";

export const importReceiptsVerb: Verb = (program, { environment, io, endWith }) =>
  program.command(
    "import-receipts <file>",
    "Read the vendor's answer to a bundle; what has its receipt waits no more",
    (y) =>
      localOptions(y).positional("file", {
        type: "string",
        demandOption: true,
        describe: "As the vendor's import wrote it, gzipped or not",
      }),
    ({ listen, json, file }) =>
      endWith(importReceipts(agentAt(environment, listen), { file, json }, io)),
  );
