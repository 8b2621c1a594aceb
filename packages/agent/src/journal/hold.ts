/** A review window: while it stands, what is sealed leaves only once a person has released it. It survives a restart. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Journal } from "./journal.ts";

export type HoldAction = "on" | "off" | "release";

const name = "hold";

/** Since when what is sealed is held back; null when it is not. */
export function heldSince({ knowledge }: Pick<Journal, "knowledge">): Instant | null {
  return knowledge.get<Instant>(name);
}

/** `on` also holds what waits already; `release` lets go of what is sealed so far; `off` does so and ends the window. */
export function changeHold(journal: Journal, action: HoldAction, now: Instant): void {
  journal.write(() => {
    if (action === "on") {
      if (heldSince(journal) === null) journal.knowledge.set(name, now);
      journal.reports.holdWaiting();
      return;
    }
    if (action === "off") journal.knowledge.remove(name);
    journal.reports.releaseHeld();
  });
}
