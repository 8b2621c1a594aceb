/** What five million remembered ids cost, held against none: two agents in turns, a hundred events with ids a request. */

import type { Family } from "../agent.ts";
import { say } from "./say.ts";
import { EventIds } from "@submeter/agent/counting/event-ids";
import { openJournal } from "@submeter/agent/journal/journal";
import { journalFile } from "@submeter/agent/config";
import { prepareStateDirectory } from "@submeter/agent/journal/state-directory";
import { secondsPerHour } from "@submeter/shared/time/instant";
import { benchFolder, startAgent, stateDirectory } from "./agent-process.ts";
import { ended } from "./load.ts";
import { inTurns, measured } from "./side-by-side.ts";

const rememberedIds = 5_000_000;
const hours = 72;
const idsPerCommit = 5000;
/** Short: at 600,000 ids a second the rounds add 800,000, and a million more are remembered at most. */
const turns = { rounds: 3, seconds: 0.3, warmUpSeconds: 0.3 };

export const idsBench: Family = async (shipped) => {
  const [emptyFolder, fullFolder] = [benchFolder(), benchFolder()];
  say("ids: remembering five million ids");
  remember(fullFolder.path);
  say("ids: an agent that remembers none and one that remembers five million in turns");
  const empty = await startAgent(shipped, emptyFolder.path);
  const full = await startAgent(shipped, fullFolder.path);
  const load = {
    connections: 32,
    events: { perRequest: 100, withIds: true, run: "i", sets: 10 },
  };
  try {
    const best = await inTurns(
      { empty: { port: empty.port, load }, full: { port: full.port, load } },
      turns,
    );
    const rates = [best.full.eventsPerSecond, best.empty.eventsPerSecond] as const;
    return [measured("agent.ids", "events/s", rates)];
  } finally {
    await ended(empty.process);
    await ended(full.process);
    emptyFolder.remove();
    fullFolder.remove();
  }
};

/** As the agent does it, over the last 72 hours. */
function remember(folder: string): void {
  prepareStateDirectory(stateDirectory(folder));
  const journal = openJournal(journalFile(stateDirectory(folder)));
  const ids = new EventIds(journal.eventIds, 0);
  const begun = Math.floor(Date.now() / 1000) - hours * secondsPerHour;
  for (let at = 0; at < rememberedIds; at += idsPerCommit) {
    const hour = ids.begin(begun + Math.floor((at / rememberedIds) * hours) * secondsPerHour);
    journal.write(() => {
      for (let number = at; number < at + idsPerCommit; number += 1) {
        const fact = factOf(`before-${String(number).padStart(12)}`);
        if (ids.judge(fact) === "new") ids.remember(fact);
      }
      ids.end(hour);
    });
    ids.committed(hour, 0);
  }
  journal.close();
}

function factOf(id: string) {
  return {
    meter: "tokens",
    aggregation: "sum" as const,
    quantity: { coefficient: 100n, scale: 0 },
    dimensions: '{"direction":"input","subject":"tenant-1"}',
    window: 0,
    source: null,
    id,
  };
}
