/** A journal's history as commands read it: from the running agent, or from the file when none runs. */

import type { Instant } from "@submeter/shared/time/instant";
import type { ArchivedJournal, ArchivedReport } from "../journal/archive-table.ts";

export type Archive = {
  /** Where it is read from, as a person knows it. */
  readonly name: string;
  readonly installation: string | null;
  /** The collector's keys that the agent trusts now. */
  readonly pinnedKeys: readonly string[];
  /** Oldest first. */
  readonly journals: readonly ArchivedJournal[];
  /** The reports of a journal that were sealed from an instant on, in order. */
  reports(journal: string, sealedFrom: Instant): AsyncIterable<ArchivedReport>;
  /** What is wrong with the file beneath, wherever it lies in it; null: nothing, or the running agent holds it. */
  damage(): string | null;
  close(): void;
};
