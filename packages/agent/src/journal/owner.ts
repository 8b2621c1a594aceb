/** A journal belongs to one installation: what waits in it can only be signed with that one's keys. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Journal } from "./journal.ts";

const name = "installation";

/** Remembers the installation at first; throws `state_of_other_installation` when it is another later. */
export function claimJournal(journal: Journal, installation: string): void {
  const owner = journal.knowledge.get<string>(name);
  if (owner === installation) return;
  if (owner !== null) {
    throw new SubmeterError(
      "state_of_other_installation",
      `this state belongs to installation ${owner}, the key to ${installation}`,
      "use a key of that installation, or another state directory (SUBMETER_AGENT_STATE)",
    );
  }
  journal.write(() => {
    journal.knowledge.set(name, installation);
  });
}
