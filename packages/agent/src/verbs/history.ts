/** The verb `history`. */

import { systemClock } from "../system-clock.ts";
import { type Verb, agentAt, jsonOption, listenOption, stateOption, text } from "./verb.ts";

const byOptions = ["day", "hour"] as const;

export const historyVerb: Verb = (program, { environment, io, endWith }) =>
  program.command(
    "history",
    "Show what was counted, covered, sealed and received, by day or hour, for up to 13 months",
    (y) =>
      y
        .option("from", text("From when on: a day, an hour, an instant, -7d [-31d; by hour -24h]"))
        .option("to", text("Until when [now]"))
        .option("by", {
          choices: byOptions,
          default: "day" as const,
          describe: "A row a day or an hour",
        })
        .option("listen", listenOption)
        .option("state", stateOption)
        .option("json", jsonOption),
    async ({ from, to, by, listen, state, json }) => {
      const { journalFile, readStateDirectory } = await import("../config.ts");
      const { instantFlag } = await import("../commands/instant-flag.ts");
      const { openArchive } = await import("../commands/open-archive.ts");
      const { history } = await import("../commands/history.ts");
      const now = systemClock.now();
      const options = {
        from: instantFlag("from", from ?? (by === "day" ? "-31d" : "-24h"), now),
        to: instantFlag("to", to ?? "now", now),
        by,
        json,
      };
      const path = journalFile(readStateDirectory(environment, { SUBMETER_AGENT_STATE: state }));
      const archive = await openArchive(agentAt(environment, listen), path);
      await endWith(history(archive, options, io));
    },
  );
