/** The verb `status`. */

import { status } from "../commands/status.ts";
import { type Verb, agentAt, localOptions } from "./verb.ts";

export const statusVerb: Verb = (program, { environment, io, endWith }) =>
  program.command(
    "status",
    "Show what waits, the last receipt, and the countdown to the fallback",
    localOptions,
    ({ listen, json }) => endWith(status(agentAt(environment, listen), { json }, io)),
  );
