/** After an upgrade, reports that the collector had rejected are offered again: either side may know better by now. */

import type { Journal } from "../journal/journal.ts";
import { agentVersion } from "../sealing/agent-facts.ts";

const name = "agent_version";

export function offerParkedAfterUpgrade(journal: Journal): void {
  const before = journal.knowledge.get<string>(name);
  if (before === agentVersion) return;
  journal.write(() => {
    if (before !== null) journal.reports.unpark();
    journal.knowledge.set(name, agentVersion);
  });
}
