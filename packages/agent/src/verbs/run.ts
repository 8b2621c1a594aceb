/** The verb `run`. */

import { type Verb, settingOptions, settingsOf } from "./verb.ts";

export const runVerb: Verb = (program, { environment: given }) =>
  program.command(
    "run",
    "Count, seal and deliver until told to stop",
    settingOptions,
    async (argv) => {
      const { environment, flags } = settingsOf(given, argv);
      const { promise: stop, resolve } = Promise.withResolvers<string>();
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
      // The others start faster without what only this one needs.
      const { run } = await import("../commands/run.ts");
      process.exit(await run(environment, flags, stop));
    },
  );
