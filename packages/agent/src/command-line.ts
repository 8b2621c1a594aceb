/** The command line of `submeter-agent`: its verbs, and what they share. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import yargs from "yargs";
import { agentVersion } from "./sealing/agent-facts.ts";
import { countVerb } from "./verbs/count.ts";
import { describeVerb } from "./verbs/describe.ts";
import { doctorVerb } from "./verbs/doctor.ts";
import { exportVerb } from "./verbs/export.ts";
import { flushVerb, retireVerb, retryVerb, trustVerb } from "./verbs/flush.ts";
import { historyVerb } from "./verbs/history.ts";
import { holdVerb } from "./verbs/hold.ts";
import { importReceiptsVerb } from "./verbs/import-receipts.ts";
import { initVerb } from "./verbs/init.ts";
import { pauseVerb } from "./verbs/pause.ts";
import { previewVerb } from "./verbs/preview.ts";
import { runVerb } from "./verbs/run.ts";
import { statusVerb } from "./verbs/status.ts";
import { validateVerb } from "./verbs/validate.ts";
import type { Verb, VerbContext } from "./verbs/verb.ts";
import { verifyVerb } from "./verbs/verify.ts";
import { versionVerb } from "./verbs/version.ts";

/** In the order of the help. */
const verbs: readonly Verb[] = [
  runVerb,
  initVerb,
  validateVerb,
  describeVerb,
  doctorVerb,
  countVerb,
  previewVerb,
  flushVerb,
  statusVerb,
  historyVerb,
  verifyVerb,
  exportVerb,
  importReceiptsVerb,
  holdVerb,
  pauseVerb,
  retireVerb,
  retryVerb,
  trustVerb,
  versionVerb,
];

/** Hands over to the verb that `words` name. Throws `usage_malformed`, and what the verb throws. */
export async function readCommandLine(
  words: readonly string[],
  context: VerbContext,
  columns: number,
): Promise<void> {
  const program = verbs
    .reduce(
      (before, verb) => verb(before, context),
      yargs(words)
        .scriptName("submeter-agent")
        .usage(
          "$0 <command>\n\nCounts usage here, and reports signed hourly aggregates to the vendor.",
        ),
    )
    .demandCommand(1, "no command is given")
    .strict()
    .recommendCommands()
    .version(agentVersion)
    .help()
    .wrap(Math.min(110, columns))
    .fail((message, error) => {
      // Without an error of its own it is yargs that does not understand the command line.
      throw error ?? new SubmeterError("usage_malformed", message, "see submeter-agent --help");
    });
  await program.parseAsync();
}
