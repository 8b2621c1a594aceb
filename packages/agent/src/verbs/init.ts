/** The verb `init`. */

import { type Verb, jsonOption, text } from "./verb.ts";

export const initVerb: Verb = (program, { io, endWith }) =>
  program.command(
    "init",
    "Write a commented configuration to begin with, and say what to do next",
    (y) =>
      y
        .option("dir", { ...text("The folder to write it into"), default: "." })
        .option("ways", {
          type: "boolean",
          default: false,
          describe: "Also a file of further ways in: OTLP, StatsD, scraping, a heartbeat",
        })
        .option("force", {
          type: "boolean",
          default: false,
          describe: "Write over files that are there",
        })
        .option("json", jsonOption),
    async ({ dir, ways, force, json }) => {
      const { init } = await import("../commands/init.ts");
      await endWith(init({ directory: dir, ways, force, json }, io));
    },
  );
