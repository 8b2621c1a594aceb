/** The verb `run`. */

import { runUntilSignal } from "../commands/run-until-signal.ts";
import { type Verb, settingOptions, settingsOf } from "./verb.ts";

export const runVerb: Verb = (program, { environment: given }) =>
  program.command(
    "run",
    "Count, seal and deliver until told to stop",
    settingOptions,
    async (argv) => {
      const { environment, flags } = settingsOf(given, argv);
      process.exit(await runUntilSignal(environment, flags));
    },
  );
