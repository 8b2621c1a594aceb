/** The verb `export`. */

import { exportBundle } from "../commands/air-gap.ts";
import { type Verb, agentAt, localOptions, text } from "./verb.ts";

export const exportVerb: Verb = (program, { environment, io, endWith }) =>
  program.command(
    "export",
    "Write the reports that wait into a bundle for the vendor; they go on waiting for their receipts",
    (y) =>
      localOptions(y).option("out", {
        ...text("The file to write; not there yet"),
        demandOption: true,
      }),
    ({ listen, json, out }) =>
      endWith(exportBundle(agentAt(environment, listen), { out, json }, io)),
  );
