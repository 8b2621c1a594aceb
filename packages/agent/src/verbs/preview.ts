/** The verb `preview`. */

import { preview } from "../commands/preview.ts";
import { type Verb, agentAt, localOptions } from "./verb.ts";

export const previewVerb: Verb = (program, { environment, io, endWith }) =>
  program.command(
    "preview",
    "Print the document that would be sealed at this instant",
    localOptions,
    ({ listen, json }) => endWith(preview(agentAt(environment, listen), { json }, io)),
  );
