/** The verb `count`. */

import { setTimeout as sleep } from "node:timers/promises";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { count } from "../commands/count.ts";
import { systemClock } from "../system-clock.ts";
import { type Verb, agentAt, localOptions, text } from "./verb.ts";

export const countVerb: Verb = (program, { environment, io, standardInput, endWith }) =>
  program.command(
    "count [file]",
    "Send NDJSON events from a file or standard input to the running agent; run it again to resume",
    (y) =>
      localOptions(y)
        .positional("file", {
          type: "string",
          describe: "One event a line; - or none: standard input",
        })
        .option(
          "source",
          text(
            "Names the stream. Lines of standard input without an id are named by it and their number: a new name for each stream",
          ),
        )
        .option("batch", { type: "number", default: 500, describe: "Events a request, 1 to 5000" })
        .option("wait", {
          type: "number",
          default: 300,
          describe: "Seconds to wait for an agent that is down",
        }),
    ({ listen, json, file, source, batch, wait }) =>
      endWith(
        count(
          {
            // yargs makes an empty text of a lone hyphen.
            file: file === undefined || file === "" || file === "-" ? null : file,
            source: source ?? null,
            batchSize: bounded("batch", batch, 1, 5000),
            waitSeconds: bounded("wait", wait, 0, 7 * 86_400),
            json,
          },
          { agent: agentAt(environment, listen), clock: systemClock, sleep, standardInput, io },
        ),
      ),
  );

function bounded(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new SubmeterError(
    "flag_malformed",
    `--${name} is ${value}`,
    `give a whole number from ${least} to ${most}`,
  );
}
