/** The verb `pause`. */

import { pause } from "../commands/pause.ts";
import { systemClock } from "../system-clock.ts";
import { type Verb, agentAt, localOptions, text } from "./verb.ts";

export const pauseVerb: Verb = (program, { environment, io, endWith }) =>
  program.command(
    "pause",
    "Attest to the vendor that nothing runs here for a while; counting goes on",
    (y) =>
      localOptions(y)
        .option("until", text("When it ends: 2026-01-02, 2026-01-02T06, an instant, +10d"))
        .option("reason", text("Why, in a few words: the vendor reads it"))
        .option("from", text("When it begins, also in the past [now]"))
        .option("by", text("Who attests it, to be named in the vendor's audit log"))
        // Without defaults: with them each would stand in conflict with the other.
        .option("end", {
          type: "boolean",
          describe: "End the running one now, or take back the next",
        })
        .option("list", {
          type: "boolean",
          describe: "Show what was attested so far",
        })
        .conflicts("end", ["until", "reason", "from", "by", "list"]),
    ({ listen, ...options }) =>
      endWith(pause(agentAt(environment, listen), pauseOptions(options), systemClock.now(), io)),
  );

/** yargs leaves out what was not given. */
function pauseOptions(given: {
  until?: string | undefined;
  reason?: string | undefined;
  from?: string | undefined;
  by?: string | undefined;
  end: boolean | undefined;
  list: boolean | undefined;
  json: boolean;
}) {
  const { until, reason, from, by, end = false, list = false, json } = given;
  return { until, reason, from, by, end, list, json };
}
