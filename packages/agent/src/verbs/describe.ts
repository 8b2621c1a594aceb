/** The verb `describe`. */

import { type Verb, jsonOption, metersOption } from "./verb.ts";

export const describeVerb: Verb = (program, { environment, io, endWith }) =>
  program.command(
    "describe",
    "Print the data dictionary: everything that may leave, for whoever has to allow it",
    (y) => y.option("meters", metersOption).option("json", jsonOption),
    async ({ meters, json }) => {
      const { readDeclaredMeters } = await import("../config.ts");
      const { describeMeters } = await import("../commands/describe.ts");
      const file = readDeclaredMeters(environment, { SUBMETER_METERS: meters });
      await endWith(describeMeters(file, { json }, io));
    },
  );
