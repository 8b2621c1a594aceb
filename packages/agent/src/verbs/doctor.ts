/** The verb `doctor`. */

import { systemClock } from "../system-clock.ts";
import { type Verb, jsonOption, settingOptions, settingsOf } from "./verb.ts";

export const doctorVerb: Verb = (program, { environment: given, io, endWith }) =>
  program.command(
    "doctor",
    "Look at everything that can keep usage from being counted and reported, and say what to do",
    (y) => settingOptions(y).option("json", jsonOption),
    async (argv) => {
      const { environment, flags } = settingsOf(given, argv);
      const { doctor } = await import("../commands/doctor.ts");
      await endWith(doctor({ environment, flags, clock: systemClock, io }, { json: argv.json }));
    },
  );
