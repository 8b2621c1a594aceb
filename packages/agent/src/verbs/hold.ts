/** The verb `hold`. */

import { type HoldVerb, hold } from "../commands/hold.ts";
import { type Verb, agentAt, localOptions } from "./verb.ts";

const actions = ["status", "on", "off", "release"] as const satisfies readonly HoldVerb[];

export const holdVerb: Verb = (program, { environment, io, endWith }) =>
  program.command(
    "hold [action]",
    "Keep sealed reports back for a review, and say until when that does no harm",
    (y) =>
      localOptions(y).positional("action", {
        choices: actions,
        default: "status" as const,
        describe:
          "on: hold from now on; release: let go of what is sealed so far; off: let go, and hold no more",
      }),
    ({ listen, json, action }) => endWith(hold(agentAt(environment, listen), action, { json }, io)),
  );
