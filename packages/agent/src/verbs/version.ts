/** The verb `version`. */

import { type Verb, jsonOption } from "./verb.ts";

export const versionVerb: Verb = (program, { io, endWith }) =>
  program.command(
    "version",
    "Say which agent this is, which wire it speaks, and what it runs on",
    (y) => y.option("json", jsonOption),
    async ({ json }) => {
      const { version } = await import("../commands/version.ts");
      await endWith(version({ json }, io));
    },
  );
