/** What is held back for review, and when it becomes overdue. */

import { type Instant, parseInstant, secondsPerHour } from "@submeter/shared/time/instant";
import { heldSince } from "../journal/hold.ts";
import type { Journal } from "../journal/journal.ts";
import type { CollectorKnowledge } from "./collector-knowledge.ts";

export type HoldFacts = {
  /** Null: nothing that is sealed from now on is held back. */
  readonly since: Instant | null;
  readonly reports: number;
  readonly oldestSealedAt: Instant | null;
  /** By the newest word of the collector; null when it has said nothing that tells. */
  readonly overdueAt: Instant | null;
};

export function holdFacts(journal: Journal, knowledge: CollectorKnowledge): HoldFacts {
  return {
    since: heldSince(journal),
    ...journal.reports.held(),
    overdueAt: overdueAt(knowledge),
  };
}

/**
 * Held hours are silence to the collector. It says when that is full where it knows a contract; else it is full so long
 * after what it has covered as it waits for reports.
 */
function overdueAt({ held }: Pick<CollectorKnowledge, "held">): Instant | null {
  if (held === null) return null;
  const { fallback_at: fallback, covered_through: covered, report_due_hours: due } = held.state;
  if (fallback !== null) return parseInstant(fallback);
  return covered === null ? null : parseInstant(covered) + due * secondsPerHour;
}
