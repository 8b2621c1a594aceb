/** The verb `validate`. */

import { type Verb, jsonOption, settingOptions, settingsOf } from "./verb.ts";

export const validateVerb: Verb = (program, { environment: given, io, endWith }) =>
  program.command(
    "validate",
    "Say whether `run` could use this configuration, without starting",
    (y) => settingOptions(y).option("json", jsonOption),
    async (argv) => {
      const { environment, flags } = settingsOf(given, argv);
      const { validate } = await import("../commands/validate.ts");
      await endWith(validate(environment, flags, { json: argv.json }, io));
    },
  );
